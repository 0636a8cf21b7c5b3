import type { DecisionStatus } from '../../graphql/generated/graphql';
import type { IconName } from '../page/icon';
import { Mark, type Tone } from '../page/tone';
import type { DecisionView, GateView } from '../request/request-view';
import { Quoted, QuotedBlock } from '../text/quoted';
import { When } from '../time/when';
import { shortDigest } from './digest';
import { GATE_WORDS, VERDICT_PAST } from './gate-words';

const VERDICT_MARKS: Readonly<Record<DecisionView['verdict'], readonly [IconName, Tone]>> = {
  approve: ['check', 'info'],
  request_changes: ['pen', 'waiting'],
  reject: ['cross', 'refused'],
};

const STATUS_WORDS: Readonly<Record<DecisionStatus, string>> = {
  recorded: 'recorded, not counted yet',
  counted: 'counted',
  dropped: 'dropped',
};

function Actor({ decision }: { readonly decision: DecisionView }) {
  if (decision.actorKind === 'gate_off') return <>the project’s settings (gate is off)</>;
  if (decision.actorKind === 'policy') return <>policy</>;
  return <Quoted>{decision.actor}</Quoted>;
}

function DecisionItem({ gate, decision }: { readonly gate: GateView; readonly decision: DecisionView }) {
  const [icon, tone] = VERDICT_MARKS[decision.verdict];
  const isOutdated = gate.digest !== null && decision.digest !== gate.digest;
  return (
    <li className="grid gap-1 border-b border-line py-3 text-14" data-testid="decision" data-gate={gate.name} data-verdict={decision.verdict} data-status={decision.status}>
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="font-medium"><Mark icon={icon} tone={tone}>{VERDICT_PAST[decision.verdict]}</Mark></span>
        <span>{GATE_WORDS[gate.name]} revision {decision.revision} <code>{shortDigest(decision.digest)}</code></span>
        <span>by <Actor decision={decision} /></span>
        {decision.amr.includes('local-operator') ? (
          <span className="rounded-6 border border-waiting px-1.5 text-13 text-waiting" data-testid="local-operator">local operator: signed in by access to the data folder, not by password</span>
        ) : null}
      </p>
      <p className="flex flex-wrap gap-x-2 text-13 text-muted">
        <span className={decision.status === 'dropped' ? 'text-refused' : ''}>
          {STATUS_WORDS[decision.status]}
          {decision.code ? <> · <code>{decision.code}</code></> : null}
        </span>
        {isOutdated ? <span className="text-waiting">· of an earlier revision</span> : null}
        <span>· <Quoted>{decision.channel}</Quoted></span>
        <span>· <When at={decision.at} /></span>
        {decision.policyIds.length > 0 ? <span>· policy <Quoted>{decision.policyIds.join(', ')}</Quoted></span> : null}
        <span>· no signature yet</span>
      </p>
      {decision.reason ? <QuotedBlock>{decision.reason}</QuotedBlock> : null}
    </li>
  );
}

/** Every decision at every gate, the newest last, dropped ones included. */
export function DecisionRecord({ gates }: { readonly gates: readonly GateView[] }) {
  const all = gates.flatMap((gate) => gate.decisions.map((decision) => ({ gate, decision })));
  all.sort((a, b) => Date.parse(a.decision.at) - Date.parse(b.decision.at));
  if (all.length === 0) return <p className="text-14 text-muted">Nobody has decided anything yet.</p>;
  return <ol>{all.map(({ gate, decision }) => <DecisionItem key={decision.id} gate={gate} decision={decision} />)}</ol>;
}
