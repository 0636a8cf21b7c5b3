import { AppError, type BudgetLimits, type BudgetSubject, isRaise } from '@countersign/domain';
import { canonicalText, sha256Hex } from '@countersign/domain/digest';

import type { Records } from '../database/records-store.repository.js';
import type { RequestEntity } from '../request/request.entity.js';

export type BudgetDocument = { readonly text: string; readonly digest: string; readonly limits: BudgetLimits };

/** A limit that is given, null (no limit) included, takes the place of the one in force. */
export type LimitsAsked = { readonly [Kind in keyof BudgetLimits]?: BudgetLimits[Kind] | undefined };

/** What a raise decides on: the plan as approved, the limits in force and the new ones. */
export async function budgetDocument(records: Records, row: RequestEntity, asked: LimitsAsked): Promise<BudgetDocument> {
  const { tokens, costMicros, wallClockMs, attempts } = row.limits;
  const given = Object.fromEntries(Object.entries(asked).filter(([, limit]) => limit !== undefined));
  const limits: BudgetLimits = { tokens, costMicros, wallClockMs, attempts, ...given };
  if (!isRaise(row.limits, limits)) throw new AppError('BUDGET_NOT_RAISED', 'A raise lowers no limit and lifts at least one', { field: 'limits' });
  const plan = await records.gates.current(row.id, 'plan');
  if (!plan) throw new AppError('GATE_CLOSED', 'There is no plan yet whose budget could be raised');
  const subject: BudgetSubject = { v: 1, gate: 'budget', request: { id: row.id }, planDigest: plan.digest, from: row.limits, to: limits };
  const text = canonicalText(subject);
  return { text, digest: sha256Hex(text), limits };
}
