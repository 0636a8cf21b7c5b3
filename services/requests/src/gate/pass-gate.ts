import { randomUUID } from 'node:crypto';

import { GATE_NEXT_STATE, type Gate, type State, subjectName } from '@countersign/domain';

import { recordDocument } from '../audit/journal.js';
import type { DecisionEntity } from '../decision/decision.entity.js';
import { passedEnvelope } from '../decision/statement.js';
import { moveTo, type GateContext, startIfSlotFree } from '../lifecycle/move.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { GateRevisionEntity } from './gate-revision.entity.js';

/** Closes the open revision in favour and makes the move: all in the caller's transaction. */
export async function passGate(
  context: GateContext,
  row: RequestEntity,
  revision: GateRevisionEntity,
  by: { readonly decisions: readonly DecisionEntity[]; readonly closedBy: DecisionEntity; readonly policyVersion: string; readonly text: string },
): Promise<State> {
  const { records, now } = context;
  const gate = revision.gate as Gate;
  for (const { id } of by.decisions) await records.decisions.update(id, { status: 'counted', delivered: true });
  await records.gates.close(revision, 'passed', now);
  await records.gates.voidPassed(row.id, gate);
  const draft = { ...revision, gate, decisions: by.decisions, policyVersion: by.policyVersion, at: now };
  const envelope = await passedEnvelope(draft, context.seal);
  await records.gates.insertPassed({
    id: randomUUID(),
    tenantId: row.tenantId,
    requestId: row.id,
    gate,
    revision: revision.revision,
    digest: revision.digest,
    envelope,
    closedBy: by.closedBy.id,
    live: true,
    at: now,
  });
  const isPerson = by.closedBy.actorKind === 'person';
  await recordDocument(
    records,
    row,
    {
      type: 'gate-passed',
      actor: isPerson ? by.closedBy.actor : null,
      text: by.text,
      document: envelope,
      signedBy: null,
      subject: subjectName(row.id, gate, revision.revision),
      data: { gate, revision: revision.revision, digest: revision.digest, decisions: by.decisions.map(({ id }) => id) },
    },
    now,
  );
  await moveTo(context, row, GATE_NEXT_STATE[gate]);
  if (row.state === 'QUEUED') await startIfSlotFree(context, row);
  return row.state;
}
