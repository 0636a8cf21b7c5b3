import { AppError } from '@countersign/domain';
import { describe, expect, it } from '@jest/globals';
import { CancelledFailure } from '@temporalio/common';

import { DatabaseConnectionError } from '../postgres/connection-failure.js';
import { outageNotes, outageText, type NoteOutage } from './outage-notes.interceptor.js';

const RUN = { workflowId: 'request-r1', runId: 'run-1' };
const NOTE = { requestId: 'r1', run: RUN };

/** One attempt of an activity that was scheduled so long ago. */
async function attempt(work: () => Promise<unknown>, over: { agoMs?: number; attempt?: number; note?: NoteOutage; args?: unknown[] } = {}) {
  const notes: unknown[] = [];
  const note: NoteOutage = over.note ?? (async (...said) => void notes.push(said));
  const info = { attempt: over.attempt ?? 5, scheduledTimestampMs: 1_000_000 - (over.agoMs ?? 31_000), workflowExecution: RUN };
  const { inbound } = outageNotes(note, () => 1_000_000)({ info } as never);
  const input = { args: over.args ?? [{ requestId: 'r1' }], headers: {} } as never;
  const ended = await inbound?.execute?.(input, work as never).then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  return { notes, ended };
}

const away = (): Promise<never> => Promise.reject(new AppError('SERVICE_UNAVAILABLE', 'Nobody answers'));

describe('outageNotes', () => {
  it('says what is waited for once attempts have failed for 30 s', async () => {
    const { notes, ended } = await attempt(away);
    expect(notes).toEqual([[NOTE, 'Waiting for a service of this installation: Nobody answers']]);
    expect(ended).toEqual({ error: expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }) });
    expect((await attempt(away, { agoMs: 29_000 })).notes).toEqual([]);
  });

  it('clears it at the success, and says nothing of an activity that never failed', async () => {
    expect((await attempt(async () => 1)).notes).toEqual([[NOTE, null]]);
    expect((await attempt(async () => 1, { attempt: 1 })).notes).toEqual([]);
  });

  it('changes nothing where the note cannot be stored or the activity is for no request', async () => {
    const note: NoteOutage = () => Promise.reject(new Error('the database is away'));
    expect((await attempt(async () => 1, { note })).ended).toEqual({ result: 1 });
    expect((await attempt(away, { note })).ended).toEqual({ error: expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }) });
    expect((await attempt(away, { args: [] })).notes).toEqual([]);
  });
});

describe('outageText', () => {
  it('is plain about the database, and about a fault that no code stands for', () => {
    expect(outageText(new DatabaseConnectionError('ECONNREFUSED 127.0.0.1'))).toBe('Waiting for the database: The database cannot be reached; trying again');
    expect(outageText(new TypeError('bug'))).toBe('Waiting for a further try: bug');
  });

  it('leaves alone what ends an activity, what its activity says itself, and a cancel', () => {
    expect(outageText(new AppError('STALE_DIGEST', 'no'))).toBeUndefined();
    expect(outageText(new AppError('SANDBOX_UNAVAILABLE', 'no engine'))).toBeUndefined();
    expect(outageText(new CancelledFailure('stop'))).toBeUndefined();
  });
});
