import { type ErrorCode, isTerminal, may, type Permission, type Viewer, type WordKind } from '@countersign/domain';
import type { ApplyWordResult } from '@countersign/workflow-contracts';

import { askModel } from '../answer/ask.js';
import { record } from '../audit/journal.js';
import type { RequestEntity } from '../request/request.entity.js';
import { parkSlot } from '../slot/slots.js';
import type { WordEntity } from '../word/word.entity.js';
import { applyRaise, endPause, isStillExceeded } from './budget-words.js';
import type { GateContext, MoveContext } from './move.js';

export const WORD_PERMISSIONS: Readonly<Record<WordKind, Permission>> = {
  comment: 'request:comment',
  cancel: 'request:cancel',
  pause: 'request:pause',
  resume: 'request:pause',
  raiseBudget: 'request:budget',
};
/** What a requester may always do with their own request. */
const OWN: readonly WordKind[] = ['cancel', 'pause', 'resume'];

/** Whether a person may say this, now. */
export function wordRefusal(kind: WordKind, viewer: Viewer, row: Pick<RequestEntity, 'projectId' | 'requesterId'>): ErrorCode | undefined {
  if (!viewer.active) return 'ACTOR_INACTIVE';
  const isRequester = viewer.personId === row.requesterId;
  if (isRequester && OWN.includes(kind)) return undefined;
  if (!may(viewer, WORD_PERMISSIONS[kind], row.projectId)) return 'FORBIDDEN';
  return isRequester && kind === 'raiseBudget' ? 'OWN_REQUEST' : undefined;
}

/** Why the request's state leaves no room for the word; undefined where it does. */
export function wordTooLate(kind: WordKind, row: Pick<RequestEntity, 'state' | 'paused' | 'limits' | 'usage' | 'exceeded'>): ErrorCode | undefined {
  if (kind === 'comment') return undefined;
  if (isTerminal(row.state)) return 'REQUEST_ENDED';
  if (kind === 'pause' && row.paused) return 'ALREADY_PAUSED';
  if (kind !== 'resume') return undefined;
  if (!row.paused) return 'NOT_PAUSED';
  return isStillExceeded(row) ? 'BUDGET_EXCEEDED' : undefined;
}

/** `speaker` is who said it, as they are now; `chatModel` answers comments, null where none does. */
export type WordContext = { readonly speaker: Viewer | undefined; readonly chatModel: string | null };

/** Confirms a stored word and applies it in the caller's transaction. */
export async function applyWord(
  context: GateContext,
  row: RequestEntity,
  word: WordEntity | null,
  { speaker, chatModel }: WordContext,
): Promise<ApplyWordResult> {
  const { records, now } = context;
  if (!word || word.requestId !== row.id) return { kind: 'unknown' };
  if (word.status === 'refused') return { kind: 'refused', code: word.code ?? 'CONFLICT' };
  if (word.status === 'applied') return applied(context, row, word, chatModel);

  const refusal = (speaker ? wordRefusal(word.kind, speaker, row) : 'ACTOR_INACTIVE') ?? wordTooLate(word.kind, row);
  const code = refusal ?? (await apply(context, row, word));
  if (code) {
    await records.words.update(word.id, { status: 'refused', code, delivered: true });
    const text = `${word.kind} was refused: ${code}`;
    await record(records, row, { type: 'word-refused', actor: word.actor, text, data: { word: word.id, code } }, now);
    return { kind: 'refused', code };
  }
  await records.words.update(word.id, { status: 'applied', delivered: true });
  return applied(context, row, word, chatModel);
}

async function applied({ records, now }: MoveContext, row: RequestEntity, word: WordEntity, chatModel: string | null): Promise<ApplyWordResult> {
  if (word.kind !== 'comment') return { kind: word.kind };
  return { kind: 'comment', asks: await askModel(records, row, word, chatModel, now) };
}

async function apply(context: GateContext, row: RequestEntity, word: WordEntity): Promise<ErrorCode | undefined> {
  const { records, slots, now } = context;
  switch (word.kind) {
    // Shown since it was stored; the lifecycle acts on the cancel itself.
    case 'comment':
    case 'cancel':
      return undefined;
    case 'pause': {
      const paused = { by: word.actor, reason: word.text, at: now.toISOString() };
      await records.requests.update(row, { paused, waitingFor: 'Paused: waits for somebody to resume it' }, now);
      await parkSlot(records, row, slots, now);
      await record(records, row, { type: 'paused', actor: word.actor, text: 'Paused', data: { reason: word.text } }, now);
      return undefined;
    }
    case 'resume':
      await endPause(context, row);
      await record(records, row, { type: 'resumed', actor: word.actor, text: 'Resumed' }, now);
      return undefined;
    case 'raiseBudget':
      return applyRaise(context, row, word);
  }
}
