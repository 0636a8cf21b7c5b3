import type { requestsRpc, RpcOutput } from '@countersign/contracts';
import { AppError, isTerminal } from '@countersign/domain';
import type { Caller } from '@countersign/platform';
import { workflowIdOf } from '@countersign/workflow-contracts';

import { audit, record } from '../audit/journal.js';
import type { Records, RecordsStore } from '../database/records-store.repository.js';
import { adopt } from '../lifecycle/begin.js';
import { carryFrom } from '../lifecycle/carry.js';
import type { Clock } from '../lifecycle/fence.js';
import type { LifecyclePort, RunDescription } from '../lifecycle/lifecycle.port.js';
import { type AccessService, requirePermission } from '../people/access.service.js';
import type { RequestEntity } from '../request/request.entity.js';

export type RepairDeps = {
  readonly store: RecordsStore;
  readonly access: AccessService;
  readonly lifecycle: LifecyclePort;
  readonly clock: Clock;
  readonly nudge: () => void;
};

type Output = RpcOutput<typeof requestsRpc, 'requests.repair'>;

/** Gives a request whose run is gone or superseded an owner again; it goes on from the recorded state. */
export class RepairService {
  constructor(private readonly deps: RepairDeps) {}

  async repair(caller: Caller, id: string): Promise<Output> {
    const { store, access, lifecycle, clock, nudge } = this.deps;
    const { viewer } = await access.visitor(caller);
    const row = await access.readable(viewer, id);
    requirePermission(viewer, 'request:repair', row.projectId);
    const newest = await lifecycle.describe(row.id);
    const now = clock();
    const code = await store.write(async (records) => {
      const locked = await records.requests.lock(row.id);
      if (!locked) return 'NOT_FOUND' as const;
      if (isTerminal(locked.state)) return 'REQUEST_ENDED' as const;
      const isHealthy = newest?.isOpen === true && newest.runId === locked.ownerRunId;
      if (isHealthy || (await isStarting(records, locked))) return 'REPAIR_NOT_NEEDED' as const;
      await record(records, locked, { type: 'repair', actor: viewer.personId, text: `${viewer.name} repaired the request` }, now);
      if (newest?.isOpen) await takeOver(records, locked, newest, now);
      else await startAnew(records, locked, viewer.name, now);
      await records.requests.update(locked, { supersededRunId: null }, now);
      return undefined;
    });
    if (code !== undefined) {
      const note = { type: 'repair-refused', actor: viewer.personId, text: `${viewer.name} tried to repair: ${code}`, data: { code } };
      await store.write((records) => audit(records, row, note, now));
      throw new AppError(code, code === 'REPAIR_NOT_NEEDED' ? 'The run that owns this request is open' : 'The request has ended');
    }
    nudge();
    return { state: row.state, paused: row.paused !== null };
  }
}

/** Its first run is on its way already. */
async function isStarting(records: Records, row: RequestEntity): Promise<boolean> {
  return (await records.outbox.undelivered(row.id)).some(({ kind }) => kind === 'start');
}

/** A run that was reset is open: it becomes the owner, hears of it, and gets what people said once more. */
async function takeOver(records: Records, row: RequestEntity, { runId }: RunDescription, now: Date): Promise<void> {
  await adopt(records, row, { workflowId: workflowIdOf(row.id), runId }, now);
  await records.outbox.add(row, { kind: 'signal', name: 'repaired' }, now);
  const carry = await carryFrom(records, row);
  for (const { id } of carry.votes) {
    await records.decisions.update(id, { delivered: false });
    await records.outbox.add(row, { kind: 'decide', decisionId: id }, now);
  }
  for (const word of await records.words.all(row.id)) {
    if (word.status !== 'recorded') continue;
    await records.words.update(word.id, { delivered: false });
    await records.outbox.add(row, { kind: 'word', wordId: word.id, word: word.kind }, now);
  }
}

/** No run is open: the next one to begin is adopted, and carries the whole state. */
async function startAnew(records: Records, row: RequestEntity, requester: string, now: Date): Promise<void> {
  await records.requests.update(row, { ownerRunId: null }, now);
  await records.outbox.add(row, { kind: 'start', carry: await carryFrom(records, row), requester }, now);
}
