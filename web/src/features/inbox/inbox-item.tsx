import Link from 'next/link';

import type { InboxQuery } from '../../graphql/generated/graphql';
import { StateBadge } from '../request/request-state';
import { Quoted } from '../text/quoted';
import { When } from '../time/when';

export type InboxRequest = InboxQuery['requests']['edges'][number]['node'];

export function InboxItem({ request }: { readonly request: InboxRequest }) {
  return (
    <li className="border-b border-line" data-testid="inbox-item" data-request-id={request.id} data-state={request.state}>
      <Link href={`/requests/${encodeURIComponent(request.id)}`} className="group grid gap-x-4 gap-y-0.5 px-2 py-3 hover:bg-surface sm:grid-cols-[1fr_auto]">
        <span className="min-w-0 font-medium group-hover:underline"><Quoted>{request.title}</Quoted></span>
        <span className="sm:text-right"><StateBadge state={request.state} paused={request.paused} /></span>
        <span className="min-w-0 text-14 text-muted">
          <Quoted>{request.project}</Quoted> · asked by <Quoted>{request.requester}</Quoted>
          {request.waitingFor ? <> · <Quoted>{request.waitingFor}</Quoted></> : null}
        </span>
        <span className="text-13 text-muted tabular-nums sm:text-right"><When at={request.updatedAt} /></span>
      </Link>
    </li>
  );
}
