import { type Facts, isErrorCode, type TerminalState } from '@countersign/domain';

import type { Outcome, RequestEntity } from '../request/request.entity.js';
import { moveTo, type MoveContext } from './move.js';

const MAX_REASON_CHARS = 4000;

/** Ends the request; a second call, or one after a rejection that ended it, changes nothing more. */
export async function finish(context: MoveContext, row: RequestEntity, state: TerminalState, reason?: string): Promise<void> {
  const { records, now } = context;
  const said = reason?.slice(0, MAX_REASON_CHARS).toWellFormed();
  await closeGates(context, row, state);
  if (row.state !== state) {
    await moveTo(context, row, state, said === undefined ? {} : { reason: said });
    await records.requests.update(row, { outcome: row.outcome ?? (await outcomeOf(context, row, state, said)) }, now);
  }
  await records.slots.leave(row.id);
  await records.calls.clear(row.id);
}

async function closeGates({ records, now }: MoveContext, row: RequestEntity, state: TerminalState): Promise<void> {
  for (const revision of await records.gates.revisions(row.id)) {
    if (revision.state === 'open') await records.gates.close(revision, state === 'EXPIRED' ? 'refused' : 'superseded', now);
  }
}

async function outcomeOf({ records }: MoveContext, row: RequestEntity, state: TerminalState, reason?: string): Promise<Outcome | null> {
  if (state === 'DONE') return null;
  if (state === 'CANCELLED' && reason === undefined) {
    const cancel = (await records.words.all(row.id)).findLast(({ kind, status }) => kind === 'cancel' && status === 'applied');
    return { code: null, message: cancel?.text || (cancel ? 'Cancelled' : 'Cancelled by an operator') };
  }
  const code = /^[A-Z_]+/.exec(reason ?? '')?.[0];
  const cannot = (await records.facts.latest(row.id, 'cannot'))?.data as Facts['cannot'] | undefined;
  if (cannot && cannot.code === code) return { code, message: cannotText(cannot) };
  return { code: isErrorCode(code) ? code : null, message: reason ?? `The request ended ${state}` };
}

function cannotText({ message, understood }: Facts['cannot']): string {
  return understood.length === 0 ? message : `${message}\n\nWhat it understands:\n${understood.map((line) => `- ${line}`).join('\n')}`;
}
