import { AppError, canMove, isReview, type Gate, gateOfState, type State } from '@countersign/domain';

import type { Guards } from '../guards.js';
import type { RequestEntity } from '../request/request.entity.js';
import { moveTo, type MoveContext } from './move.js';

/** A conflict or failing checks send a reviewed change back to work: no forward move, so no vote is needed. */
const BACK_TO_WORK: Readonly<Partial<Record<State, State>>> = { DIFF_REVIEW: 'QUEUED', MERGE_REVIEW: 'QUEUED' };

/**
 * Consecutive moves in one transaction. Moves that a superseded or repaired run made already are skipped.
 *
 * @throws AppError ILLEGAL_MOVE for any move the table does not know, and for every forward move out of a review state.
 */
export async function transition(context: MoveContext & { readonly guards: Pick<Guards, 'needsClosedGate'> }, row: RequestEntity, moves: readonly State[], reason?: string): Promise<State> {
  for (const to of remaining(row.state, moves)) {
    if (row.state === 'QUEUED' && to === 'EXECUTING') throw new AppError('ILLEGAL_MOVE', 'Only a granted slot leads to EXECUTING');
    const gate = gateOfState(row.state);
    if (context.guards.needsClosedGate(row.state, to)) {
      if (BACK_TO_WORK[row.state] !== to || !(await sentBack(context, row))) {
        throw new AppError('ILLEGAL_MOVE', `Only a closed gate leads from ${row.state} to ${to}`);
      }
    }
    if (isReview(to)) throw new AppError('ILLEGAL_MOVE', `${to} is entered by opening its gate`);
    if (gate) await giveUpGate(context, row, gate);
    await moveTo(context, row, to, reason === undefined ? {} : { reason });
  }
  return row.state;
}

/** What follows the request's state where it stands in the list and could not begin it anew. */
function remaining(state: State, moves: readonly State[]): readonly State[] {
  const [first] = moves;
  if (first !== undefined && first !== state && canMove(state, first)) return moves;
  const at = moves.lastIndexOf(state);
  return at < 0 ? moves : moves.slice(at + 1);
}

/** A newer measurement than the open revision says that the change needs work. */
async function sentBack({ records }: MoveContext, row: RequestEntity): Promise<boolean> {
  const gate = gateOfState(row.state);
  const open = gate && (await records.gates.current(row.id, gate));
  if (!open) return false;
  const facts = await records.facts.all(row.id);
  return facts.some(({ kind, data, at }) => {
    if (at < open.openedAt) return false;
    return kind === 'conflict' || (kind === 'checks' && (data as { verdict?: unknown }).verdict === 'failed');
  });
}

async function giveUpGate({ records, now }: MoveContext, row: RequestEntity, gate: Gate): Promise<void> {
  await records.gates.supersedeOpen(row.id, gate, now);
  await records.decisions.endLife(row.id, gate, null, 'STALE_REVISION');
}
