import Link from 'next/link';

import { ask } from '../features/gateway/gateway';
import { boxOf } from '../features/inbox/inbox-boxes';
import { FirstRun, InboxEmpty } from '../features/inbox/inbox-empty';
import { InboxItem } from '../features/inbox/inbox-item';
import { InboxTabs } from '../features/inbox/inbox-tabs';
import { InboxQuery } from '../features/inbox/inbox.query';
import { FailureNotice } from '../features/page/failure-notice';
import { PageRefresher } from '../features/page/page-refresher';
import { PageTitle } from '../features/page/section';

const REFRESH_MS = 5000;

type Props = { readonly searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function InboxPage({ searchParams }: Props) {
  const { box: asked, after } = await searchParams;
  const box = boxOf(asked);
  const answer = await ask(InboxQuery, { box, after: typeof after === 'string' ? after : null });
  if (!answer.ok) return <><PageTitle>Inbox</PageTitle><FailureNotice failure={answer.failure} /><PageRefresher everyMs={REFRESH_MS} /></>;

  const { inbox, me, projects, requests } = answer.data;
  const items = requests.edges.map(({ node }) => node);
  // Who waited longest comes first; what ended last comes first.
  items.sort((a, b) => (box === 'done' ? -1 : 1) * (Date.parse(a.updatedAt) - Date.parse(b.updatedAt)));
  const isFirstRun = projects.totalCount === 0 && inbox.needsMe + inbox.waiting + inbox.running + inbox.done === 0;
  return (
    <>
      <PageTitle aside={isFirstRun ? null : <Link className="link text-14" href="/requests/new">Ask for a change</Link>}>Inbox</PageTitle>
      {isFirstRun ? (
        <FirstRun mayAddProject={me.permissions.includes('project:manage')} />
      ) : (
        <>
          <InboxTabs current={box} counts={inbox} />
          {items.length === 0 ? <InboxEmpty box={box} /> : <ul>{items.map((request) => <InboxItem key={request.id} request={request} />)}</ul>}
          {requests.pageInfo.hasNextPage && requests.pageInfo.endCursor ? (
            <p><Link className="link" href={`/?box=${box}&after=${encodeURIComponent(requests.pageInfo.endCursor)}`}>More</Link></p>
          ) : null}
        </>
      )}
      <PageRefresher everyMs={REFRESH_MS} inbox={[inbox.needsMe, inbox.waiting, inbox.running, inbox.done].join('.')} />
    </>
  );
}
