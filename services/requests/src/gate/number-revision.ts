import type { Gate, GateSetting, Subject } from '@countersign/domain';
import { canonicalText, sha256Hex } from '@countersign/domain/digest';

import type { MoveContext } from '../lifecycle/move.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { GateRevisionEntity } from './gate-revision.entity.js';

export type Opening = {
  readonly subject: Subject;
  readonly setting: GateSetting;
  readonly required: number;
  readonly windowMs: number;
  readonly facts: GateRevisionEntity['facts'];
  readonly account: string | null;
};

/** Opens the document's revision: an identical one keeps its number, any other is the next and voids older votes. */
export async function openRevision({ records, now }: MoveContext, row: RequestEntity, gate: Gate, opening: Opening): Promise<GateRevisionEntity> {
  const text = canonicalText(opening.subject);
  const digest = sha256Hex(text);
  const found = await records.gates.findByDigest(row.id, gate, digest);
  const current = await records.gates.current(row.id, gate);
  const isStillOpen = found !== null && found.state === 'open' && current?.revision === found.revision;
  if (!isStillOpen) await records.gates.supersedeOpen(row.id, gate, now);

  const opened: GateRevisionEntity = {
    requestId: row.id,
    tenantId: row.tenantId,
    gate,
    revision: found?.revision ?? (await records.gates.nextRevision(row.id, gate)),
    digest,
    text,
    setting: opening.setting,
    required: opening.required,
    state: 'open',
    facts: opening.facts,
    account: opening.account,
    openedAt: isStillOpen ? found.openedAt : now,
    deadline: isStillOpen && found.deadline ? found.deadline : new Date(now.getTime() + opening.windowMs),
    closedAt: null,
  };
  await records.gates.save(opened);
  await records.gates.voidPassed(row.id, gate);
  await records.decisions.endLife(row.id, gate, opened.revision, 'STALE_REVISION');
  return opened;
}
