import type { requestsRpc, RpcInput, RpcOutput } from '@countersign/contracts';
import { AppError, channelOf, type ErrorCode, isTerminal, rolesIn, subjectName, type Verdict } from '@countersign/domain';
import type { Caller } from '@countersign/platform';

import { audit, recordDocument } from '../audit/journal.js';
import type { Records, RecordsStore } from '../database/records-store.repository.js';
import type { Guards } from '../guards.js';
import type { Clock } from '../lifecycle/fence.js';
import type { LogPort } from '../log/log.port.js';
import type { Delivery } from '../outbox/delivery.js';
import type { AccessService, Visitor } from '../people/access.service.js';
import type { ProjectsPort, ProjectView } from '../people/projects.port.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { KeyRing } from '../signing/key-ring.js';
import type { DecisionEntity } from './decision.entity.js';
import { type DecisionDraft, makeDecision } from './statement.js';

type Input = RpcInput<typeof requestsRpc, 'requests.decide'>;
type Output = RpcOutput<typeof requestsRpc, 'requests.decide'>;

export type DecideDeps = {
  readonly store: RecordsStore;
  readonly access: AccessService;
  readonly projects: ProjectsPort;
  readonly keys: KeyRing;
  readonly log: LogPort;
  readonly delivery: Delivery;
  readonly clock: Clock;
  readonly guards: Guards;
  readonly decideDeadlineMs: number;
};

type Stored =
  | { readonly kind: 'stored'; readonly decision: DecisionEntity; readonly outboxId: string }
  /** The same live vote again: a double click, or a second channel. */
  | { readonly kind: 'before'; readonly decision: DecisionEntity; readonly outboxId: string | undefined }
  | { readonly kind: 'refused'; readonly code: ErrorCode };

/** In place of a request that the person may not read. */
type Unread = { readonly tenantId: string; readonly id: null };

const MESSAGES: Readonly<Partial<Record<string, string>>> = {
  OWN_REQUEST: 'Nobody approves their own request',
  GATE_CLOSED: 'This gate is not open',
  STALE_DIGEST: 'What is open now is not what was shown; look again and decide on that',
  STALE_REVISION: 'A newer revision is open; look again and decide on that',
  REQUEST_ENDED: 'The request has ended',
};

/** A person's decision on a gate: made once, stored before it is first sent, delivered as a Temporal Update. */
export class DecideService {
  constructor(private readonly deps: DecideDeps) {}

  async decide(caller: Caller, input: Input): Promise<Output> {
    const { access, projects, guards } = this.deps;
    const visitor = await access.visitor(caller);
    const row = await access.readable(visitor.viewer, input.id).catch((error: unknown) => this.refuseUnread(visitor, input, error));
    if (!guards.holdsRole(visitor.viewer, input.gate, row.projectId)) {
      await this.auditRefusal(visitor, row, input, 'ROLE_MISSING');
      throw new AppError('FORBIDDEN', `Deciding needs the role reviewer, maintainer or admin in ${row.projectName}`);
    }
    const reason = input.reason?.trim() ? input.reason : null;
    if (reason === null && input.verdict !== 'approve') {
      throw new AppError('INVALID_INPUT', `${input.verdict} needs a reason`, { field: 'reason' });
    }
    const project = await projects.project(row.tenantId, row.projectId);
    if (!project) throw new AppError('NOT_FOUND', 'The project of this request is gone');

    const stored = await this.deps.store.write(async (records) => {
      const locked = await records.requests.lock(row.id);
      if (!locked) throw new AppError('NOT_FOUND', `There is no request ${row.id}`);
      return this.storeVote(records, locked, visitor, { ...input, reason }, project);
    });
    if (stored.kind === 'refused') {
      await this.auditRefusal(visitor, row, input, stored.code);
      return this.answer(row.id, { outcome: 'refused', code: stored.code, decisionId: null });
    }
    return this.send(row, stored);
  }

  private async storeVote(records: Records, row: RequestEntity, visitor: Visitor, input: Input, project: ProjectView): Promise<Stored> {
    const { viewer } = visitor;
    const { guards } = this.deps;
    const refused = (code: ErrorCode): Stored => ({ kind: 'refused', code });
    if (isTerminal(row.state)) return refused('REQUEST_ENDED');
    if (!guards.isOthers(viewer.personId, { id: row.requesterId, mayApprove: project.settings.requesterMayApprove })) return refused('OWN_REQUEST');
    const open = await records.gates.current(row.id, input.gate);
    if (!open || !guards.isShown(open, input.digest)) {
      const shown = await records.gates.findByDigest(row.id, input.gate, input.digest);
      return refused(row.openGate !== input.gate ? 'GATE_CLOSED' : shown ? 'STALE_REVISION' : 'STALE_DIGEST');
    }
    if (open.state !== 'open' || row.openGate !== input.gate) return refused('GATE_CLOSED');

    const of = { requestId: row.id, gate: input.gate, revision: open.revision };
    const earlier = await records.decisions.liveOf(of, viewer.personId);
    if (earlier?.verdict === input.verdict && (await this.isGood(earlier))) return this.asBefore(records, earlier);
    if (earlier) await records.decisions.update(earlier.id, { live: false });
    const now = this.deps.clock();
    const decision = await this.make(visitor, row, input, { ...of, digest: open.digest, policyVersion: project.policyVersion, now });
    await records.decisions.insert(decision);
    const outboxId = await records.outbox.add(row, { kind: 'decide', decisionId: decision.id }, now, this.deps.decideDeadlineMs * 2);
    await this.recordVote(records, row, decision, viewer.name, earlier, now);
    return { kind: 'stored', decision, outboxId };
  }

  /** A vote whose key was given away since counts for nothing: the same person votes anew. */
  private async isGood(vote: DecisionEntity): Promise<boolean> {
    const { keys, log, guards } = this.deps;
    await keys.refresh();
    const places = await log.placesOf(vote.tenantId, [vote.envelopeSha256]);
    return typeof guards.voteOpener(keys.list, places)(vote) !== 'string';
  }

  private async asBefore(records: Records, decision: DecisionEntity): Promise<Stored> {
    const waiting = (await records.outbox.undelivered(decision.requestId)).find(
      ({ payload }) => payload.kind === 'decide' && payload.decisionId === decision.id,
    );
    return { kind: 'before', decision, outboxId: waiting?.id };
  }

  private make(
    { viewer, caller }: Visitor,
    row: RequestEntity,
    { gate, verdict, reason }: Input,
    open: { readonly revision: number; readonly digest: string; readonly policyVersion: string; readonly now: Date },
  ): Promise<DecisionEntity> {
    const draft: DecisionDraft = {
      tenantId: row.tenantId,
      requestId: row.id,
      gate,
      revision: open.revision,
      digest: open.digest,
      verdict,
      actor: { kind: 'person', id: viewer.personId, issuer: viewer.issuer, subject: viewer.subject },
      roles: rolesIn(viewer.grants, row.projectId),
      channel: channelOf(caller.clientId),
      authentication: { acr: caller.acr ?? null, amr: caller.amr, authTime: caller.authTime ?? null },
      reason,
      policyVersion: open.policyVersion,
      policyIds: [],
      at: open.now,
    };
    return makeDecision(draft, this.deps.keys.seal);
  }

  private recordVote(records: Records, row: RequestEntity, decision: DecisionEntity, name: string, earlier: DecisionEntity | null, now: Date): Promise<void> {
    const { gate, revision, verdict, actor, digest, envelopeSha256 } = decision;
    const instead = earlier ? ` in place of ${earlier.verdict}` : '';
    return recordDocument(
      records,
      row,
      {
        type: 'decision',
        actor,
        text: `${name}: ${verdict}${instead} (${gate} gate, revision ${revision})`,
        subject: subjectName(row.id, gate, revision),
        document: decision.envelope,
        signedBy: actor,
        data: { decision: decision.id, verdict, digest, envelopeSha256, replaces: earlier?.id ?? null },
      },
      now,
    );
  }

  private async send(row: RequestEntity, { decision, outboxId }: Exclude<Stored, { kind: 'refused' }>): Promise<Output> {
    if (outboxId === undefined) return this.answer(row.id, { outcome: 'recorded', code: null, decisionId: decision.id });
    const { delivery, decideDeadlineMs } = this.deps;
    // The vote is stored, so whatever fails from here on only makes it later.
    const result = await delivery.decide(row, outboxId, decision, decideDeadlineMs).catch(() => ({ kind: 'pending' }) as const);
    if (result.kind !== 'refused') return this.answer(row.id, { outcome: result.kind, code: null, decisionId: decision.id });
    return this.answer(row.id, { outcome: 'refused', code: result.code, decisionId: decision.id });
  }

  private async answer(requestId: string, given: Pick<Output, 'outcome' | 'code' | 'decisionId'>): Promise<Output> {
    const row = await this.deps.store.read.requests.find(requestId);
    const message = given.code === null ? null : (MESSAGES[given.code] ?? given.code);
    return { ...given, message, state: row?.state ?? 'RECEIVED' };
  }

  /** Entered where the person belongs, and naming neither request nor digest: what exists elsewhere is not told there. */
  private async refuseUnread(visitor: Visitor, input: Input, error: unknown): Promise<never> {
    if (error instanceof AppError && error.code === 'NOT_FOUND') {
      await this.auditRefusal(visitor, { tenantId: visitor.viewer.tenantId, id: null }, input, error.code);
    }
    throw error;
  }

  private async auditRefusal({ viewer, caller }: Visitor, row: Unread | RequestEntity, input: Pick<Input, 'gate' | 'digest'> & { readonly verdict: Verdict }, code: ErrorCode): Promise<void> {
    const { gate, verdict } = input;
    const digest = row.id === null ? null : input.digest;
    const note = {
      type: 'decision-refused',
      actor: viewer.personId,
      text: `${viewer.name} tried to ${verdict} at the ${gate} gate and was refused: ${code}`,
      data: { gate, digest, verdict, code, channel: channelOf(caller.clientId) },
    };
    await this.deps.store.write((records) => audit(records, row, note, this.deps.clock()));
  }
}
