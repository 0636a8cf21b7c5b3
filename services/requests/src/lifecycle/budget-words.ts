import { type ErrorCode, exceededBudget, isRaise, subjectName } from '@countersign/domain';

import { record } from '../audit/journal.js';
import { envelopeFault } from '../gate/verify-votes.js';
import type { RequestEntity } from '../request/request.entity.js';
import { unparkSlot } from '../slot/slots.js';
import type { WordEntity } from '../word/word.entity.js';
import type { GateContext, MoveContext } from './move.js';

/** Whether the limit that paused the request is still used up. */
export function isStillExceeded(row: Pick<RequestEntity, 'limits' | 'usage' | 'exceeded'>): boolean {
  if (row.exceeded === null) return false;
  if (row.exceeded === 'attempts') return row.usage.attempts >= row.limits.attempts;
  return exceededBudget(row.limits, row.usage) !== undefined;
}

/** Ends a pause: open gates get the time back. */
export async function endPause({ records, now }: MoveContext, row: RequestEntity): Promise<void> {
  if (!row.paused) return;
  const since = Date.parse(row.paused.at);
  await records.requests.update(row, { paused: null, exceeded: null, waitingFor: null }, now);
  await records.gates.extendOpen(row.id, Math.max(0, now.getTime() - since));
  await unparkSlot(records, row);
}

/** Applies a raise that a person signed; its stored decision must be about exactly these limits. */
export async function applyRaise(context: GateContext, row: RequestEntity, word: WordEntity): Promise<ErrorCode | undefined> {
  const { records, now } = context;
  const decision = word.decisionId === null ? null : await records.decisions.find(word.decisionId);
  const revision = decision && (await records.gates.find(row.id, 'budget', decision.revision));
  if (!decision || !revision || !word.limits) return 'VOTE_NOT_STORED';
  const open = { requestId: row.id, gate: 'budget', revision: revision.revision, digest: revision.digest } as const;
  const fault = envelopeFault(decision, open, context.openVote, context.guards) ?? (isRaise(row.limits, word.limits) ? undefined : 'BUDGET_NOT_RAISED');
  if (fault) {
    await records.decisions.update(decision.id, { status: 'dropped', code: fault, live: false });
    await records.gates.close(revision, 'refused', now);
    return fault;
  }
  await records.decisions.update(decision.id, { status: 'counted', delivered: true });
  await records.gates.close(revision, 'passed', now);
  await records.requests.update(row, { limits: word.limits }, now);
  const subject = subjectName(row.id, 'budget', revision.revision);
  const note = { type: 'budget-raised', actor: word.actor, text: 'The budget was raised', subject, data: { limits: word.limits } };
  await record(records, row, note, now);
  if (row.paused?.by === 'budget') await endPause(context, row);
  return undefined;
}
