import type { IconName } from '../page/icon';
import { Mark, type Tone } from '../page/tone';
import type { GateView } from '../request/request-view';
import { Quoted } from '../text/quoted';
import { When } from '../time/when';
import { isOutdated, statusWords } from './decision-words';
import { shortDigest } from './digest';
import { GATE_STATE_WORDS, GATE_WORDS } from './gate-words';

const MARKS: Readonly<Record<GateView['state'], readonly [IconName, Tone]>> = {
  waiting: ['circle', 'muted'],
  open: ['clock', 'waiting'],
  passed: ['check', 'ink'],
  refused: ['cross', 'refused'],
};

const SETTINGS: Readonly<Record<GateView['setting'], string>> = { required: 'a person', policy: 'policy, else a person', off: 'nobody' };

/** What the count leaves out: approvals of earlier revisions, and votes that were dropped or not counted yet. */
function NotCounted({ gate }: { readonly gate: GateView }) {
  const old = gate.decisions.filter((decision) => decision.verdict === 'approve' && decision.status !== 'dropped' && isOutdated(decision, gate));
  const others = gate.decisions.filter((decision) => decision.status === 'dropped' || (decision.status === 'recorded' && !isOutdated(decision, gate)));
  const said = [...old.map(({ revision }) => `approved revision ${revision} (outdated)`), ...others.map((decision) => statusWords(decision, gate))];
  return [...new Set(said)].map((words) => <div key={words} className="min-w-40 text-13 text-muted">{words}</div>);
}

export function GateList({ gates }: { readonly gates: readonly GateView[] }) {
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Gates">
      <table className="w-full text-left text-14">
        <thead className="text-13 text-muted">
          <tr>{['Gate', 'State', 'Passed by', 'Revision', 'Digest', 'Approvals', 'Closes'].map((name) => <th key={name} scope="col" className="border-b border-line py-1 pr-4 font-normal">{name}</th>)}</tr>
        </thead>
        <tbody>
          {gates.map((gate) => {
            const isOff = gate.setting === 'off' && gate.state === 'waiting';
            const [icon, tone] = isOff ? (['minus', 'muted'] as const) : MARKS[gate.state];
            return (
              <tr key={gate.name} className="align-top" data-testid="gate-row" data-gate={gate.name} data-state={gate.state}>
                <th scope="row" className="py-1.5 pr-4 font-medium">{GATE_WORDS[gate.name]}</th>
                <td className="py-1.5 pr-4">
                  <Mark icon={icon} tone={tone}>{isOff ? 'off' : GATE_STATE_WORDS[gate.state]}</Mark>
                  {gate.account ? <div className="min-w-40 text-13 text-muted"><Quoted>{gate.account}</Quoted></div> : null}
                </td>
                <td className="py-1.5 pr-4">{SETTINGS[gate.setting]}</td>
                <td className="py-1.5 pr-4">{gate.revision || '–'}</td>
                <td className="py-1.5 pr-4">{gate.digest ? <code title={gate.digest}>{shortDigest(gate.digest)}</code> : '–'}</td>
                <td className="py-1.5 pr-4">{gate.setting === 'off' ? '–' : `${gate.approvals} of ${gate.required}`}<NotCounted gate={gate} /></td>
                <td className="py-1.5">{gate.state === 'open' && gate.deadline ? <When at={gate.deadline} /> : '–'}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
