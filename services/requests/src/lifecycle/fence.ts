import { AppError } from '@countersign/domain';
import type { RunRef } from '@countersign/workflow-contracts';

import { audit } from '../audit/journal.js';
import type { Records, RecordsStore } from '../database/records-store.repository.js';
import type { Guards } from '../guards.js';
import type { RequestEntity } from '../request/request.entity.js';

export type Clock = () => Date;
/** A call of an activity: the run is its own execution info's; a retry has the same key. */
export type Call = { readonly run: RunRef; readonly key: string };

/** Where the fence stands, and who may pass it. */
export type Fence = { readonly store: RecordsStore; readonly clock: Clock; readonly guards: Pick<Guards, 'isOwner'> };

export function superseded(requestId: string): AppError {
  return new AppError('RUN_SUPERSEDED', `This run does not own request ${requestId}; see: countersign repair ${requestId}`);
}

/** Remembers and audits that a run which does not own the request tried to act for it. */
export async function noteSuperseded(records: Records, row: RequestEntity, run: RunRef, now: Date): Promise<void> {
  await records.requests.update(row, { supersededRunId: run.runId }, now);
  const text = `Run ${run.runId} of ${run.workflowId} does not own this request and was refused`;
  const data = { code: 'RUN_SUPERSEDED', ...run, owner: row.ownerRunId };
  await audit(records, row, { type: 'run-superseded', actor: null, text, data }, now);
}

/**
 * Runs `work` on the locked row in one transaction, for the owner run only.
 *
 * @throws AppError RUN_SUPERSEDED after auditing it; NOT_FOUND.
 */
export async function asOwner<Result>(
  fence: Fence,
  of: { readonly requestId: string; readonly run: RunRef },
  work: (records: Records, row: RequestEntity, now: Date) => Promise<Result>,
): Promise<Result> {
  const { store, clock, guards } = fence;
  const now = clock();
  const done = await store.write(async (records) => {
    const row = await records.requests.lock(of.requestId);
    if (!row) throw new AppError('NOT_FOUND', `There is no request ${of.requestId}`);
    if (guards.isOwner(row, of.run)) return { result: await work(records, row, now) };
    await noteSuperseded(records, row, of.run, now);
    return undefined;
  });
  if (!done) throw superseded(of.requestId);
  return done.result;
}

/** Like `asOwner`, and a retry of the same call gets the first answer and changes nothing. */
export function once<Result>(
  fence: Fence,
  of: { readonly requestId: string; readonly call: Call },
  work: (records: Records, row: RequestEntity, now: Date) => Promise<Result>,
): Promise<Result> {
  const { requestId, call } = of;
  return asOwner(fence, { requestId, run: call.run }, async (records, row, now) => {
    const earlier = await records.calls.find(requestId, call.key);
    if (earlier) return earlier.result as Result;
    const result = await work(records, row, now);
    await records.calls.insert({ requestId, tenantId: row.tenantId, key: call.key, result: result ?? null, at: now });
    return result;
  });
}

/** Reads for the owner run only. A reader gets no lock. */
export async function readAsOwner(fence: Fence, requestId: string, run: RunRef): Promise<RequestEntity> {
  const row = await fence.store.read.requests.find(requestId);
  if (!row) throw new AppError('NOT_FOUND', `There is no request ${requestId}`);
  if (fence.guards.isOwner(row, run)) return row;
  // The second look holds the lock: the first may have met a hand-over.
  return asOwner(fence, { requestId, run }, (_records, locked) => Promise.resolve(locked));
}
