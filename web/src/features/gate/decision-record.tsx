import Link from 'next/link';

import type { IconName } from '../page/icon';
import { Mark, type Tone } from '../page/tone';
import type { DecisionView, GateView } from '../request/request-view';
import { Quoted, QuotedBlock } from '../text/quoted';
import { When } from '../time/when';
import { shortDigest } from './digest';
import { isOutdated, pastWords, statusWords } from './decision-words';
import { GATE_WORDS } from './gate-words';

const VERDICT_MARKS: Readonly<Record<DecisionView['verdict'], readonly [IconName, Tone]>> = {
  approve: ['check', 'info'],
  request_changes: ['pen', 'waiting'],
  reject: ['cross', 'refused'],
};

const STATUS_MARKS: Readonly<Record<DecisionView['status'], readonly [IconName, Tone]>> = {
  recorded: ['clock', 'waiting'],
  counted: ['check', 'ink'],
  dropped: ['cross', 'refused'],
};

function Actor({ decision }: { readonly decision: DecisionView }) {
  if (decision.actorKind === 'gate_off') return <>the project’s settings (gate is off)</>;
  if (decision.actorKind === 'policy') return <>policy</>;
  return <Quoted>{decision.actor}</Quoted>;
}

function DecisionItem({ gate, decision }: { readonly gate: GateView; readonly decision: DecisionView }) {
  const { verdict, status, code } = decision;
  const isOld = isOutdated(decision, gate);
  // An approval of an earlier revision must not look like one of what is there now.
  const [icon, tone] = isOld && verdict === 'approve' ? (['clock', 'muted'] as const) : VERDICT_MARKS[verdict];
  const [statusIcon, statusTone] = STATUS_MARKS[status];
  return (
    <li className="grid gap-1 border-b border-line py-3 text-14" data-testid="decision" data-gate={gate.name} data-verdict={verdict} data-status={status} data-outdated={isOld}>
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="font-medium"><Mark icon={icon} tone={tone}>{`${GATE_WORDS[gate.name]}: ${pastWords(verdict, decision, gate)}`}</Mark></span>
        <code title={decision.digest}>{shortDigest(decision.digest)}</code>
        <span>by <Actor decision={decision} /></span>
        {decision.amr.includes('local-operator') ? (
          <span className="rounded-6 border border-waiting px-1.5 text-13 text-waiting" data-testid="local-operator">local operator: signed in by access to the data folder, not by password</span>
        ) : null}
      </p>
      <p className="flex flex-wrap gap-x-2 text-13 text-muted">
        <Mark icon={statusIcon} tone={statusTone} isWrapping data-testid="decision-status" data-code={code ?? ''}>{statusWords(decision, gate)}</Mark>
        <span>· <Quoted>{decision.channel}</Quoted></span>
        <span>· <When at={decision.at} /></span>
        {decision.policyIds.length > 0 ? <span>· policy <Quoted>{decision.policyIds.join(', ')}</Quoted></span> : null}
      </p>
      {decision.reason ? <QuotedBlock>{decision.reason}</QuotedBlock> : null}
    </li>
  );
}

/** Every decision at every gate, the newest last, dropped ones included. */
export function DecisionRecord({ requestId, gates }: { readonly requestId: string; readonly gates: readonly GateView[] }) {
  const all = gates.flatMap((gate) => gate.decisions.map((decision) => ({ gate, decision })));
  all.sort((a, b) => Date.parse(a.decision.at) - Date.parse(b.decision.at));
  if (all.length === 0) return <p className="text-14 text-muted">Nobody has decided anything yet.</p>;
  return (
    <>
      <ol>{all.map(({ gate, decision }) => <DecisionItem key={decision.id} gate={gate} decision={decision} />)}</ol>
      <p className="text-14"><Link className="link" href={`/requests/${encodeURIComponent(requestId)}/audit?only=decisions`}>Their signatures, as the log holds them</Link></p>
    </>
  );
}
