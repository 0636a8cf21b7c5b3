import { isTerminal, type State } from '@countersign/domain';

export type StageView = {
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'done' | 'stopped';
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly attempts: number;
};

type Move = { readonly from: State; readonly to: State; readonly at: Date };

const STAGES: readonly (readonly [name: string, states: readonly State[]])[] = [
  ['spec', ['SPECIFYING', 'SPEC_REVIEW']],
  ['plan', ['PLANNING', 'PLAN_REVIEW']],
  ['execute', ['QUEUED', 'EXECUTING']],
  ['check', ['CHECKING']],
  ['diff', ['DIFF_REVIEW']],
  ['publish', ['PUBLISHING']],
  ['review', ['REVIEWING']],
  ['merge', ['MERGE_REVIEW', 'MERGING']],
];

/** The timeline people see, from the moves that were recorded. */
export function stagesOf(moves: readonly Move[], current: State): readonly StageView[] {
  return STAGES.map(([name, states]) => {
    const entries = moves.filter(({ from, to }) => states.includes(to) && !states.includes(from));
    const exits = moves.filter(({ from, to }) => states.includes(from) && !states.includes(to));
    const isInside = states.includes(current);
    const last = exits.at(-1);
    const isStopped = !isInside && last !== undefined && isTerminal(last.to) && last.to !== 'DONE';
    const state = entries.length === 0 ? 'waiting' : isInside ? 'running' : isStopped ? 'stopped' : 'done';
    return {
      name,
      state,
      startedAt: entries[0]?.at.toISOString() ?? null,
      endedAt: isInside ? null : (last?.at.toISOString() ?? null),
      attempts: entries.length,
    };
  });
}
