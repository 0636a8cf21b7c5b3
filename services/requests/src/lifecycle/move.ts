import { AppError, canMove, holdsSlot, isReview, isTerminal, type State } from '@countersign/domain';

import { record } from '../audit/journal.js';
import type { Guards } from '../guards.js';
import type { Records } from '../database/records-store.repository.js';
import type { Seal } from '../signing/key-ring.js';
import type { OpenVote } from '../signing/open-vote.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { RequestPatch } from '../request/request.repository.js';
import { enterQueue, leaveQueue, placeOf, type SlotSettings } from '../slot/slots.js';

export type MoveContext = { readonly records: Records; readonly slots: SlotSettings; readonly now: Date };
/** A move that signs, or counts what was signed. */
export type GateContext = MoveContext & { readonly seal: Seal; readonly openVote: OpenVote; readonly guards: Guards };
export type MoveNote = {
  /** A person's id where one caused the move. */
  readonly actor?: string | null;
  readonly reason?: string;
  readonly waitingFor?: string | null;
};

/**
 * One legal move of a locked request with all that belongs to it: event, audit, slot.
 *
 * @throws AppError ILLEGAL_MOVE.
 */
export async function moveTo(context: MoveContext, row: RequestEntity, to: State, note: MoveNote = {}): Promise<void> {
  const { records, slots, now } = context;
  const from = row.state;
  if (!canMove(from, to)) throw new AppError('ILLEGAL_MOVE', `A request that is ${from} cannot become ${to}`);
  const reason = note.reason === undefined ? '' : `: ${note.reason}`;
  await records.requests.update(row, patchOf(row, to, note, now), now);
  await record(
    records,
    row,
    { type: 'transition', actor: note.actor ?? null, text: `${from} → ${to}${reason}`, data: { from, to } },
    now,
  );
  if (to === 'QUEUED') {
    // Back to the end of the queue: whoever waited meanwhile comes first.
    await leaveQueue(records, row, slots, now);
    await enterQueue(records, row, now);
  } else if (!holdsSlot(to) && (holdsSlot(from) || from === 'QUEUED')) {
    await leaveQueue(records, row, slots, now);
  }
}

/** QUEUED goes on to EXECUTING where a slot is free. Answers its place otherwise. */
export async function startIfSlotFree(context: MoveContext, row: RequestEntity): Promise<number> {
  const place = await placeOf(context.records, row, context.slots, context.now);
  if (place === 0) await moveTo(context, row, 'EXECUTING');
  else await context.records.requests.update(row, { waitingFor: waitingForSlot(place) }, context.now);
  return place;
}

export function waitingForSlot(place: number): string {
  return `Waits for an execution slot: place ${place}`;
}

function patchOf(row: RequestEntity, to: State, note: MoveNote, now: Date): RequestPatch {
  return {
    state: to,
    waitingFor: note.waitingFor ?? null,
    ...(to === 'QUEUED' ? { queuedAt: now } : {}),
    ...(isReview(to) ? {} : { openGate: null, openRevision: null }),
    ...(isTerminal(to) ? { endedAt: now, paused: null } : {}),
  };
}
