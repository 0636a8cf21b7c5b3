import { renderFields, renderTable } from '../table.js';
import { shortDigest } from '../digest-form.js';
import { escapeText } from '../escape-text.js';

export type Decision = { readonly id: string; readonly actor: string; readonly verdict: string; readonly status: string; readonly code: string | null; readonly amr: readonly string[] };
export type Gate = {
  readonly name: string;
  readonly setting: string;
  readonly state: string;
  readonly revision: number;
  readonly digest: string | null;
  readonly approvals: number;
  readonly required: number;
  /** Why it opened again, or why policy did not pass it. */
  readonly account: string | null;
  readonly decisions: readonly Decision[];
};
export type Item = {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly paused: boolean;
  readonly project: string;
  readonly requester: string;
  readonly waitingFor: string | null;
  readonly createdAt: string;
};
export type Detail = Item & {
  readonly revision: number;
  readonly gates: readonly Gate[];
  readonly mergeRequest: object | null;
  readonly superseded: boolean;
  readonly merge: { readonly commit: string; readonly bringHome: readonly string[] } | null;
  readonly budget: object;
  readonly stages: readonly { name: string; state: string; startedAt: string | null; endedAt: string | null; attempts: number }[];
  readonly events: readonly { seq: number; at: string; type: string; actor: string | null; text: string }[];
  readonly outcome: { readonly code: string | null; readonly message: string } | null;
};

export const ITEM_FIELDS = 'id title state paused project requester waitingFor createdAt';
export const DETAIL = `query ($id: ID!) { request(id: $id) { ${ITEM_FIELDS} revision
  gates { name setting state revision digest approvals required account decisions { id actor verdict status code amr } }
  mergeRequest { number url branch target state } merge { commit bringHome }
  budget { limits { tokens costMicros wallClockMs attempts } usage { tokens costMicros wallClockMs attempts } exceeded }
  superseded stages { name state startedAt endedAt attempts } events { seq at type actor text } outcome { code message } } }`;

/** GraphQL names have no dash; the rest of the product says `request-changes`. */
export const verdictText = (verdict: string): string => verdict.replaceAll('_', '-');

export function toDocument({ gates, ...detail }: Detail) {
  const decisionOf = ({ actor, verdict, status, code, amr }: Decision) => ({
    actor, verdict: verdictText(verdict), status, amr, ...(code === null ? {} : { code }),
  });
  return { ...detail, gates: gates.map(({ decisions, ...gate }) => ({ ...gate, decisions: decisions.map(decisionOf) })) };
}

export function renderItems(items: readonly Item[]): string {
  return renderTable(
    ['id', 'state', 'project', 'requester', 'title', 'waiting for'],
    items.map((item) => [item.id, item.paused ? `${item.state} (paused)` : item.state, item.project, item.requester, item.title, item.waitingFor]),
  );
}

const decisionsText = ({ decisions }: Gate): string =>
  decisions.map(({ actor, verdict, status, amr }) => `${verdictText(verdict)} by ${actor} (${[status, ...(amr.includes('local-operator') ? ['local-operator'] : [])].join(', ')})`).join('; ');

export function renderDetail(detail: Detail): string {
  const gates = detail.gates.map((gate) => [
    gate.name, gate.setting, gate.state, gate.revision, gate.digest ? shortDigest(gate.digest) : null, `${gate.approvals}/${gate.required}`, decisionsText(gate),
  ]);
  const home = detail.merge ? `\nMerged as ${detail.merge.commit}. To bring it home:\n${detail.merge.bringHome.map((line) => `  ${line}\n`).join('')}` : '';
  const ending = detail.outcome ? `\n${escapeText(detail.outcome.message)}\n` : '';
  return [
    renderFields([['id', detail.id], ['title', detail.title], ['state', detail.paused ? `${detail.state} (paused)` : detail.state], ['project', detail.project], ['requester', detail.requester], ['waiting for', detail.superseded ? `an admin to type: countersign repair ${detail.id}` : detail.waitingFor]]),
    renderTable(['gate', 'setting', 'state', 'revision', 'digest', 'approvals', 'decisions'], gates),
    renderTable(['stage', 'state', 'started', 'ended', 'attempts'], detail.stages.map(({ name, state, startedAt, endedAt, attempts }) => [name, state, startedAt, endedAt, attempts])),
  ].join('\n') + ending + home;
}
