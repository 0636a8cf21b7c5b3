import Link from 'next/link';

import { Section } from '../page/section';
import { CodeBlock } from '../text/quoted';
import { AuditItem } from './audit-item';
import type { AuditPage, AuditWish, GateRevision } from './audit-pages';

function hrefOf(requestId: string, { after, onlyDecisions }: AuditWish): string {
  const asked = new URLSearchParams({ ...(onlyDecisions ? { only: 'decisions' } : {}), ...(after ? { after } : {}) }).toString();
  return `/requests/${encodeURIComponent(requestId)}/audit${asked ? `?${asked}` : ''}`;
}

function Filter({ requestId, onlyDecisions }: { readonly requestId: string; readonly onlyDecisions: boolean }) {
  const choices = [[false, 'Everything'], [true, 'Decisions only']] as const;
  return (
    <nav aria-label="Which entries" className="flex gap-4 text-14">
      {choices.map(([only, name]) => (
        <Link key={name} href={hrefOf(requestId, { after: undefined, onlyDecisions: only })} aria-current={only === onlyDecisions ? 'true' : undefined} className={only === onlyDecisions ? 'py-1 font-medium' : 'link py-1'} data-testid={only ? 'only-decisions' : 'all-entries'}>{name}</Link>
      ))}
    </nav>
  );
}

function Nothing({ wish }: { readonly wish: AuditWish }) {
  const said = wish.after ? 'Nothing follows here.' : wish.onlyDecisions ? 'Nobody has decided anything yet, and no try was refused.' : 'Nothing is recorded yet.';
  return <p className="text-14 text-muted" data-testid="audit-empty">{said}</p>;
}

type Props = { readonly requestId: string; readonly page: AuditPage; readonly wish: AuditWish; readonly gates: readonly GateRevision[] };

/** The audit trail as it was written: nothing in it is changed, and what was erased is said to be. */
export function AuditTrail({ requestId, page, wish, gates }: Props) {
  const { entries, next, total } = page;
  return (
    <Section id="audit" title="Audit" aside={<Filter requestId={requestId} onlyDecisions={wish.onlyDecisions} />}>
      <p className="text-14 text-muted">{total} {total === 1 ? 'entry' : 'entries'} in all, the newest last. A signature is judged by the keys that are in force now.</p>
      {entries.length === 0 ? <Nothing wish={wish} /> : <ol>{entries.map((entry) => <AuditItem key={entry.seq} requestId={requestId} entry={entry} gates={gates} />)}</ol>}
      <p className="flex flex-wrap gap-x-6 text-14">
        {wish.after ? <Link className="link" href={hrefOf(requestId, { ...wish, after: undefined })}>From the beginning</Link> : null}
        {next ? <Link className="link" href={hrefOf(requestId, { ...wish, after: next })} data-testid="audit-next">Later entries</Link> : null}
      </p>
      <div className="grid gap-2">
        <h3 className="font-semibold">Check it without us</h3>
        <p className="text-14 text-muted">The first command writes the signed documents with their proofs into one file, the second checks that file without this server:</p>
        <CodeBlock label="Commands that export and verify">{`npx --no-install countersign audit export --request ${requestId} -o bundle.json\nnpx --no-install countersign verify bundle.json`}</CodeBlock>
      </div>
    </Section>
  );
}
