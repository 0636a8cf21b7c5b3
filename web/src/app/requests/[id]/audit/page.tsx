import type { Metadata } from 'next';

import type { GateRevision } from '../../../../features/audit/audit-pages';
import { AuditTrail } from '../../../../features/audit/audit-trail';
import { AuditHeadQuery } from '../../../../features/audit/audit.query';
import { loadAudit } from '../../../../features/audit/load-audit';
import { ask } from '../../../../features/gateway/gateway';
import { FailureNotice } from '../../../../features/page/failure-notice';
import { PageRefresher } from '../../../../features/page/page-refresher';
import { PageTitle } from '../../../../features/page/section';
import { Notice } from '../../../../features/page/tone';
import { StateBadge } from '../../../../features/request/request-state';
import { RequestTabs } from '../../../../features/request/request-tabs';
import { Quoted } from '../../../../features/text/quoted';

export const metadata: Metadata = { title: 'Audit' };

const REFRESH_MS = 10_000;

type Props = { readonly params: Promise<{ id: string }>; readonly searchParams: Promise<Record<string, string | string[] | undefined>> };

type TrailProps = Pick<Props, 'searchParams'> & { readonly id: string; readonly gates: readonly GateRevision[] };

async function Trail({ id, gates, searchParams }: TrailProps) {
  const { after, only } = await searchParams;
  const wish = { after: typeof after === 'string' ? after : undefined, onlyDecisions: only === 'decisions' };
  const answer = await loadAudit(id, wish);
  if (!answer.ok) return <FailureNotice failure={answer.failure} />;
  return <><PageRefresher everyMs={REFRESH_MS} /><AuditTrail requestId={id} page={answer.data} wish={wish} gates={gates} /></>;
}

export default async function AuditTrailPage({ params, searchParams }: Props) {
  const id = decodeURIComponent((await params).id);
  const answer = await ask(AuditHeadQuery, { id });
  if (!answer.ok) return <><PageTitle>Audit</PageTitle><FailureNotice failure={answer.failure} /></>;
  const { me, request } = answer.data;
  return (
    <>
      <PageTitle aside={<StateBadge state={request.state} paused={request.paused} />}><Quoted>{request.title}</Quoted></PageTitle>
      <RequestTabs id={request.id} current="audit" />
      {me.permissions.includes('audit:read') ? (
        <Trail id={request.id} gates={request.gates} searchParams={searchParams} />
      ) : (
        <Notice tone="muted" title="Your roles do not allow reading the audit trail" data-testid="failure" data-code="FORBIDDEN"><p>Observers, reviewers, maintainers and admins read it. Ask an admin for a role.</p></Notice>
      )}
    </>
  );
}
