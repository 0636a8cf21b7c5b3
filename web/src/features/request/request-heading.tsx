import Link from 'next/link';

import { PageTitle } from '../page/section';
import { Quoted, QuotedBlock } from '../text/quoted';
import { When } from '../time/when';
import { AuthorLabel } from './author-label';
import { StateBadge } from './request-state';
import type { RequestDetail } from './request-view';

export function RequestHeading({ request }: { readonly request: RequestDetail }) {
  const { title, body, state, paused, project, branch, requester, createdAt, author, mergeRequest } = request;
  return (
    <header className="grid gap-2">
      <PageTitle aside={<StateBadge state={state} paused={paused} />}><Quoted>{title}</Quoted></PageTitle>
      <p className="flex flex-wrap gap-x-4 text-14 text-muted">
        <span><Link className="link" href={`/projects/${encodeURIComponent(project)}`}><Quoted>{project}</Quoted></Link> · branch <code><Quoted>{branch}</Quoted></code></span>
        <span>asked by <Quoted>{requester}</Quoted> <When at={createdAt} /></span>
        {author ? <AuthorLabel author={author} /> : null}
        {mergeRequest ? <span>merge request {mergeRequest.number} ({mergeRequest.state}) <code className="text-13"><Quoted>{mergeRequest.branch}</Quoted></code></span> : null}
      </p>
      {mergeRequest ? <p className="text-14 text-muted">To have it in a clone of yours, <code className="text-13">npx --no-install countersign request show <Quoted>{request.id}</Quoted></code> prints the git commands.</p> : null}
      {body ? <div className="text-14"><QuotedBlock>{body}</QuotedBlock></div> : null}
    </header>
  );
}
