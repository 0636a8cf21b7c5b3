import type { Records } from '../database/records-store.repository.js';
import type { RequestEntity } from '../request/request.entity.js';

export type SlotSettings = { readonly maxExecutions: number };

/** A place in the queue; an earlier one is kept. */
export async function enterQueue(records: Records, row: RequestEntity, now: Date): Promise<void> {
  await records.slots.enter({ requestId: row.id, tenantId: row.tenantId, enteredAt: now, grantedAt: null, parked: false });
}

/** Grants the request a slot where one is free and nobody waits before it. 0 is granted, else its place. */
export async function placeOf(records: Records, row: RequestEntity, settings: SlotSettings, now: Date): Promise<number> {
  await records.slots.lockQueue();
  const slot = await records.slots.find(row.id);
  if (!slot) return Number.POSITIVE_INFINITY;
  if (slot.grantedAt) return 0;
  const ahead = await records.slots.ahead(slot);
  const free = settings.maxExecutions - (await records.slots.granted());
  if (slot.parked || ahead >= free) return ahead + 1;
  await records.slots.update(row.id, { grantedAt: now });
  return 0;
}

/** Gives the slot back for good. */
export async function leaveQueue(records: Records, row: RequestEntity, settings: SlotSettings, now: Date): Promise<void> {
  await records.slots.lockQueue();
  const slot = await records.slots.find(row.id);
  if (!slot) return;
  await records.slots.leave(row.id);
  if (slot.grantedAt) await tellNext(records, settings, now);
}

/** A paused request lets others pass and keeps its place. */
export async function parkSlot(records: Records, row: RequestEntity, settings: SlotSettings, now: Date): Promise<void> {
  await records.slots.lockQueue();
  const slot = await records.slots.find(row.id);
  if (!slot) return;
  await records.slots.update(row.id, { grantedAt: null, parked: true });
  await tellNext(records, settings, now);
}

export async function unparkSlot(records: Records, row: RequestEntity): Promise<void> {
  await records.slots.lockQueue();
  await records.slots.update(row.id, { parked: false });
}

/** A hint for as many as may start now; each asks for itself. */
async function tellNext(records: Records, settings: SlotSettings, now: Date): Promise<void> {
  const free = settings.maxExecutions - (await records.slots.granted());
  if (free <= 0) return;
  for (const { requestId, tenantId } of await records.slots.waiting(free)) {
    await records.outbox.add({ id: requestId, tenantId }, { kind: 'signal', name: 'slotFree' }, now);
  }
}
