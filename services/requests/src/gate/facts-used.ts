import { AppError, type FactKind, type Facts, type Gate } from '@countersign/domain';

import type { FactEntity } from '../fact/fact.entity.js';

export type FactsUsed = { readonly [Kind in FactKind]?: { readonly id: string; readonly data: Facts[Kind] } };

/** Facts that each gate's subject or policy is made from. */
const NEEDED: Readonly<Record<Gate, readonly FactKind[]>> = {
  spec: ['spec'],
  plan: ['spec', 'plan'],
  diff: ['execution', 'checks', 'measure'],
  merge: ['execution', 'checks', 'measure', 'mergePrep'],
};
/** Facts that policy and people look at where there are any. */
const WELCOME: Readonly<Record<Gate, readonly FactKind[]>> = {
  spec: [],
  plan: [],
  diff: ['plan', 'review', 'modelReview'],
  merge: ['plan', 'review', 'modelReview'],
};

/**
 * The facts for a gate: those named, else the newest of each kind (`facts` come newest first).
 *
 * @throws AppError NOT_FOUND where a named fact is not the request's, or a needed one was never measured.
 */
export function factsFor(gate: Gate, facts: readonly FactEntity[], named: Readonly<Partial<Record<string, string>>>): FactsUsed {
  const used: Partial<Record<FactKind, { id: string; data: unknown }>> = {};
  const take = (kind: FactKind): void => {
    const id = named[kind];
    const found = facts.find((fact) => fact.kind === kind && (id === undefined || fact.id === id));
    if (found) used[kind] = { id: found.id, data: found.data };
    else if (id !== undefined) throw new AppError('NOT_FOUND', `The request has no ${kind} fact ${id}`);
  };
  for (const kind of [...NEEDED[gate], ...WELCOME[gate]]) if (kind !== 'checks') take(kind);
  // A review of another attempt says nothing about this one.
  if ((used as FactsUsed).modelReview?.data.headCommit !== (used as FactsUsed).execution?.data.headCommit) delete used.modelReview;
  if (NEEDED[gate].includes('checks')) {
    const found = checksFor(gate, facts, named, used as FactsUsed);
    if (found) used.checks = { id: found.id, data: found.data };
  }

  const missing = NEEDED[gate].filter((kind) => !used[kind]);
  if (missing.length > 0) throw new AppError('NOT_FOUND', `The ${gate} gate needs facts that were not measured: ${missing.join(', ')}`);
  return used as FactsUsed;
}

/** Checks of the head; at the merge gate those of the merged commit where the merge is no fast-forward. */
function checksFor(
  gate: Gate,
  facts: readonly FactEntity[],
  named: Readonly<Partial<Record<string, string>>>,
  { execution, mergePrep }: FactsUsed,
): FactEntity | undefined {
  const ofMerged = gate === 'merge' && mergePrep?.data.fastForward === false;
  const isWanted = (fact: FactEntity): boolean =>
    fact.kind === 'checks' && ((fact.data as Facts['checks']).commit === execution?.data.headCommit) !== ofMerged;
  const id = ofMerged ? (named['mergedChecks'] ?? named['checks']) : named['checks'];
  return facts.find((fact) => fact.id === id && isWanted(fact)) ?? facts.find(isWanted);
}

export function idsOf(used: FactsUsed): Readonly<Partial<Record<string, string>>> {
  return Object.fromEntries(Object.entries(used).map(([kind, fact]) => [kind, fact.id]));
}
