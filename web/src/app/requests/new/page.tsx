import type { Metadata } from 'next';
import Link from 'next/link';

import { ask } from '../../../features/gateway/gateway';
import { FailureNotice } from '../../../features/page/failure-notice';
import { PageTitle } from '../../../features/page/section';
import { NewRequestForm } from '../../../features/request/new-request-form';
import { NewRequestQuery } from '../../../features/request/new-request.query';

export const metadata: Metadata = { title: 'New request' };

export default async function NewRequestPage() {
  const answer = await ask(NewRequestQuery);
  if (!answer.ok) return <><PageTitle>New request</PageTitle><FailureNotice failure={answer.failure} /></>;
  const { me, projects } = answer.data;
  const choices = projects.edges.map(({ node }) => ({ name: node.name, branch: node.branch, isReady: node.import.state === 'ready' }));
  return (
    <>
      <PageTitle>New request</PageTitle>
      {!me.permissions.includes('request:create') ? (
        <p>Your roles allow reading only. Reviewers, maintainers and admins ask for changes.</p>
      ) : choices.length === 0 ? (
        <p>There is no project yet. <Link className="link" href="/projects">Projects</Link> says how to add one.</p>
      ) : (
        <NewRequestForm projects={choices} />
      )}
    </>
  );
}
