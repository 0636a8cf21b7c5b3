import type { CheckVerdict } from '../../graphql/generated/graphql';
import { DiffFiles } from '../diff/diff-files';
import { pastWords } from '../gate/decision-words';
import { shortDigest } from '../gate/digest';
import { GATE_WORDS } from '../gate/gate-words';
import type { IconName } from '../page/icon';
import { Mark, type Tone } from '../page/tone';
import { AuthorLabel } from '../request/author-label';
import type { GateView, Matter } from '../request/request-view';
import { Prose } from '../text/prose';
import { Quoted } from '../text/quoted';
import { FindingList } from './finding-list';

type Look = readonly [word: string, icon: IconName, tone: Tone];

const CHECKS: Readonly<Record<CheckVerdict, Look>> = {
  passed: ['Checks passed', 'check', 'info'],
  failed: ['Checks failed', 'cross', 'refused'],
  notRun: ['Checks were not run', 'warning', 'waiting'],
  notConfigured: ['No test command is configured', 'minus', 'waiting'],
};


/** What policy said at a gate: its own words and the rules that decided. */
function PolicyReasons({ gates }: { readonly gates: readonly GateView[] }) {
  const said = gates.flatMap((gate) => gate.decisions.filter(({ actorKind, policyIds }) => actorKind === 'policy' || policyIds.length > 0).map((decision) => ({ gate, decision })));
  const accounts = gates.filter(({ account }) => account);
  if (said.length === 0 && accounts.length === 0) return null;
  return (
    <div className="grid gap-1">
      <h3 className="font-semibold">Policy</h3>
      <ul className="grid gap-1 text-14">
        {accounts.map((gate) => <li key={gate.name}>{GATE_WORDS[gate.name]}: <Quoted>{gate.account ?? ''}</Quoted></li>)}
        {said.map(({ gate, decision }) => (
          <li key={decision.id}>
            {GATE_WORDS[gate.name]}: {pastWords(decision.verdict, decision, gate)} <code>{shortDigest(decision.digest)}</code>, decided by <code className="text-13"><Quoted>{decision.policyIds.join(', ') || 'no rule'}</Quoted></code>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function EvidencePanel({ matter, gates }: { readonly matter: Matter; readonly gates: readonly GateView[] }) {
  const { checks, documents, findings, modelReview } = matter;
  const look = checks ? CHECKS[checks] : undefined;
  const { diff, checks: report, review, plan } = documents;
  if (!look && !diff && !report && !review && findings.length === 0) {
    return <div className="grid gap-3"><p className="text-14 text-muted">Nothing has been changed or checked yet.</p><PolicyReasons gates={gates} /></div>;
  }
  return (
    <div className="grid min-w-0 gap-5">
      <div className="grid gap-2">
        {look ? <p className="text-14 font-medium" data-testid="checks" data-verdict={checks}><Mark icon={look[1]} tone={look[2]}>{look[0]}</Mark></p> : null}
        {report ? <details className="panel"><summary className="text-14">Report of the checks</summary><div className="mt-3"><Prose>{report.text}</Prose></div></details> : null}
      </div>
      <PolicyReasons gates={gates} />
      <FindingList findings={findings} modelReview={modelReview} />
      {review ? <details className="panel"><summary className="text-14">Review</summary><div className="mt-3"><Prose>{review.text}</Prose></div></details> : null}
      {plan && matter.gate && matter.gate.name !== 'plan' ? (
        <details className="panel"><summary className="text-14">The plan that was worked from</summary><div className="mt-3 grid gap-2"><Prose>{plan.text}</Prose><AuthorLabel author={plan.author} /></div></details>
      ) : null}
      {diff ? (
        <div className="grid min-w-0 gap-2">
          <h3 className="flex flex-wrap items-baseline gap-x-3 font-semibold">Changed files <AuthorLabel author={diff.author} /></h3>
          <DiffFiles key={diff.artifact?.sha256 ?? diff.digest} document={diff} />
        </div>
      ) : null}
    </div>
  );
}
