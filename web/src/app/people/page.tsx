import type { Metadata } from 'next';
import Link from 'next/link';

import { ask } from '../../features/gateway/gateway';
import { FailureNotice } from '../../features/page/failure-notice';
import { PageTitle } from '../../features/page/section';
import { Notice } from '../../features/page/tone';
import { PersonItem } from '../../features/person/person-item';
import { PeopleQuery } from '../../features/person/person.query';

export const metadata: Metadata = { title: 'People' };

type Props = { readonly searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function PeoplePage({ searchParams }: Props) {
  const { after } = await searchParams;
  const answer = await ask(PeopleQuery, { after: typeof after === 'string' ? after : null });
  if (!answer.ok) {
    const isForbidden = answer.failure.code === 'FORBIDDEN' || answer.failure.code === 'ROLE_MISSING';
    return (
      <>
        <PageTitle>People</PageTitle>
        {isForbidden ? <Notice tone="muted" title="Admins manage people" data-testid="failure" data-code={answer.failure.code}><p>Ask an admin, or sign in as one.</p></Notice> : <FailureNotice failure={answer.failure} />}
      </>
    );
  }
  const { me, people, projects } = answer.data;
  const names = projects.edges.map(({ node }) => node.name);
  return (
    <>
      <PageTitle>People</PageTitle>
      <ul className="border-t border-line">
        {people.edges.map(({ node }) => <PersonItem key={node.id} person={node} projects={names} isSelf={node.id === me.id} />)}
      </ul>
      {people.pageInfo.hasNextPage && people.pageInfo.endCursor ? <p><Link className="link" href={`/people?after=${encodeURIComponent(people.pageInfo.endCursor)}`}>More</Link></p> : null}
    </>
  );
}
