import { cachedShare } from '@countersign/domain';

import { isOutdated, pastWords, statusWords } from '../decision-words.js';
import { shortDigest } from '../digest-form.js';
import { escapeLine, escapeText } from '../escape-text.js';
import { renderFields, renderTable } from '../table.js';
import { type Comment, type Finding, type ModelReview, renderComments, renderFindings } from './talk-view.js';

export type Decision = {
  readonly id: string;
  readonly actor: string;
  readonly verdict: 'approve' | 'reject' | 'request_changes';
  readonly status: string;
  readonly code: string | null;
  readonly revision: number;
  readonly digest: string;
  readonly amr: readonly string[];
};
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
type Usage = { readonly tokens: number; readonly costMicros: number | null; readonly wallClockMs: number; readonly attempts: number; readonly cachedTokens: number | null };
export type Detail = Item & {
  readonly revision: number;
  readonly gates: readonly Gate[];
  readonly mergeRequest: { readonly number: number; readonly url: string; readonly branch: string; readonly target: string; readonly state: 'open' | 'merged' | 'closed' } | null;
  readonly superseded: boolean;
  readonly merge: { readonly commit: string; readonly bringHome: readonly string[] } | null;
  readonly budget: { readonly usage: Usage };
  readonly stages: readonly { name: string; state: string; startedAt: string | null; endedAt: string | null; attempts: number }[];
  readonly events: readonly { seq: number; at: string; type: string; actor: string | null; text: string }[];
  readonly outcome: { readonly code: string | null; readonly message: string } | null;
  readonly findings: readonly Finding[];
  readonly modelReview: ModelReview | null;
  readonly comments: readonly Comment[];
  /** What sandboxes asked of the network, newest first. */
  readonly egress: readonly NetworkRun[];
};
type NetworkRun = {
  readonly phase: string;
  readonly at: string;
  readonly allowed: number;
  readonly refused: number;
  readonly tunnels: readonly string[];
  readonly refusedHosts: readonly string[];
  readonly log: { readonly sha256: string; readonly bytes: number };
};

export const ITEM_FIELDS = 'id title state paused project requester waitingFor createdAt';
export const DETAIL = `query ($id: ID!) { request(id: $id) { ${ITEM_FIELDS} revision
  gates { name setting state revision digest approvals required account decisions { id actor verdict status code revision digest amr } }
  mergeRequest { number url branch target state } merge { commit bringHome }
  budget { limits { tokens costMicros wallClockMs attempts } usage { tokens costMicros wallClockMs attempts cachedTokens } exceeded }
  superseded stages { name state startedAt endedAt attempts } events { seq at type actor text } outcome { code message }
  findings { rule severity message path line confidence } modelReview { reviewer headCommit passes { name findings error } }
  comments { id author text at byModel answers pending }
  egress { phase at allowed refused tunnels refusedHosts log { sha256 bytes } } } }`;

/** GraphQL names have no dash; the rest of the product says `request-changes`. */
export const verdictText = (verdict: string): string => verdict.replaceAll('_', '-');

export function toDocument({ gates, ...detail }: Detail) {
  const decisionOf = (gate: Gate) => (decision: Decision) => {
    const { actor, verdict, status, code, revision, digest, amr } = decision;
    return { actor, verdict: verdictText(verdict), status, amr, revision, digest, outdated: isOutdated(decision, gate), ...(code === null ? {} : { code }) };
  };
  return { ...detail, gates: gates.map((gate) => ({ ...gate, decisions: gate.decisions.map(decisionOf(gate)) })) };
}

export function renderItems(items: readonly Item[]): string {
  return renderTable(
    ['id', 'state', 'project', 'requester', 'title', 'waiting for'],
    items.map((item) => [item.id, item.paused ? `${item.state} (paused)` : item.state, item.project, item.requester, item.title, item.waitingFor]),
  );
}

/** Each on a line of its own: a cell of a table would cut why one was dropped. */
function renderDecisions(gates: readonly Gate[]): string {
  const lines = gates.flatMap((gate) =>
    gate.decisions.map((decision) => {
      const { actor, verdict, amr } = decision;
      const operator = amr.includes('local-operator') ? ' (local-operator)' : '';
      return `  ${gate.name}: ${pastWords(verdict, decision, gate)} by ${escapeLine(actor)}${operator}: ${statusWords(decision, gate)}\n`;
    }),
  );
  return lines.length === 0 ? '' : `\nDecisions:\n${lines.join('')}`;
}

function usageText({ tokens, costMicros, wallClockMs, cachedTokens }: Usage): string {
  const share = cachedShare({ tokens, cachedTokens: cachedTokens ?? 0 });
  const cached = share === undefined ? '' : ` (of it cached: ${share} %)`;
  const money = costMicros === null ? 'money unknown' : `money ${(costMicros / 1e6).toFixed(2)}`;
  return `${tokens} tokens${cached}, ${money}, ${Math.round(wallClockMs / 60_000)} min`;
}

/** The hosts are in `--json`. A tunnel is named as what it is: not inspected. */
function networkFields(runs: readonly NetworkRun[]): readonly (readonly [string, string])[] {
  if (runs.length === 0) return [];
  const sum = (count: (run: NetworkRun) => number): number => runs.reduce((total, run) => total + count(run), 0);
  const tunnels = new Set(runs.flatMap((run) => run.tunnels)).size;
  return [['network', `${sum(({ allowed }) => allowed)} allowed, ${sum(({ refused }) => refused)} refused${tunnels === 0 ? '' : `, ${tunnels} not inspected (tunnel)`}`]];
}

export function renderDetail(detail: Detail): string {
  const gates = detail.gates.map((gate) => [
    gate.name, gate.setting, gate.state, gate.revision, gate.digest ? shortDigest(gate.digest) : null, `${gate.approvals}/${gate.required}`,
  ]);
  const home = detail.merge ? `\nMerged as ${detail.merge.commit}. To bring it home:\n${detail.merge.bringHome.map((line) => `  ${line}\n`).join('')}` : '';
  const ending = detail.outcome ? `\n${escapeText(detail.outcome.message)}\n` : '';
  return [
    renderFields([['id', detail.id], ['title', detail.title], ['state', detail.paused ? `${detail.state} (paused)` : detail.state], ['project', detail.project], ['requester', detail.requester], ['waiting for', detail.superseded ? `an admin to type: countersign repair ${detail.id}` : detail.waitingFor], ['used', usageText(detail.budget.usage)], ...networkFields(detail.egress)]),
    renderTable(['gate', 'setting', 'state', 'revision', 'digest', 'approvals'], gates),
    renderTable(['stage', 'state', 'started', 'ended', 'attempts'], detail.stages.map(({ name, state, startedAt, endedAt, attempts }) => [name, state, startedAt, endedAt, attempts])),
  ].join('\n') + renderDecisions(detail.gates) + renderFindings(detail.findings, detail.modelReview) + renderComments(detail.comments) + ending + home;
}
