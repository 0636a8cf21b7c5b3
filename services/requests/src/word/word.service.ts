import { randomBytes, randomUUID } from 'node:crypto';

import type { requestsRpc, RpcInput, RpcOutput } from '@countersign/contracts';
import { AppError, channelOf, type ErrorCode, rolesIn, subjectName } from '@countersign/domain';
import { commentSchema, reasonSchema } from '@countersign/domain/schema';
import { digestOf } from '@countersign/domain/digest';
import { type Caller, parseInput } from '@countersign/platform';

import { audit, auditDocument, record } from '../audit/journal.js';
import type { Records } from '../database/records-store.repository.js';
import type { DecideDeps } from '../decision/decide.service.js';
import { type DecisionDraft, makeDecision } from '../decision/statement.js';
import { keyMismatch, keyScope, type KeyStamp, stampOf } from '../key/keyed-act.js';
import { wordRefusal, wordTooLate } from '../lifecycle/apply-word.js';
import { requirePermission, type Visitor } from '../people/access.service.js';
import type { RequestEntity } from '../request/request.entity.js';
import { budgetDocument } from './budget-subject.js';
import type { WordEntity } from './word.entity.js';

type Input = RpcInput<typeof requestsRpc, 'requests.word'>;
type Output = RpcOutput<typeof requestsRpc, 'requests.word'>;
type Stored =
  | { readonly kind: 'stored'; readonly word: WordEntity; readonly outboxId: string }
  /** The same word again under its key; `isWaiting` for its delivery. */
  | { readonly kind: 'before'; readonly word: WordEntity; readonly isWaiting: boolean }
  | { readonly kind: 'refused'; readonly code: ErrorCode };

/** People's words other than votes: stored first, then sent by id. */
export class WordService {
  constructor(private readonly deps: DecideDeps) {}

  async word(caller: Caller, input: Input): Promise<Output> {
    const { access, store } = this.deps;
    const visitor = await access.visitor(caller);
    const row = await access.readable(visitor.viewer, input.id);
    const text = textOf(input);
    const refusal = wordRefusal(input.kind, visitor.viewer, row);
    if (refusal) {
      await this.auditRefusal(visitor, row, input, refusal);
      if (refusal === 'FORBIDDEN') throw new AppError('FORBIDDEN', `${input.kind} needs another role in ${row.projectName}`);
      return this.answer(row.id, 'refused', refusal);
    }
    const stamp = stampOf(input);
    const policyVersion = input.kind === 'raiseBudget' ? await this.policyVersion(row) : '';
    const storing = store.write(async (records): Promise<Stored> => {
      const locked = await records.requests.lock(row.id);
      if (!locked) throw new AppError('NOT_FOUND', `There is no request ${row.id}`);
      // Before the state is looked at: the first of two pauses is why the second would come too late.
      const before = await this.before(records, visitor, stamp);
      if (before) return before;
      const late = wordTooLate(input.kind, locked);
      return late ? { kind: 'refused', code: late } : this.store(records, locked, visitor, { ...input, text }, { policyVersion, stamp });
    });
    const stored = await storing.catch(async (error: unknown) => {
      if (error instanceof AppError && error.code === 'IDEMPOTENCY_MISMATCH') await this.auditRefusal(visitor, row, input, error.code);
      throw error;
    });
    switch (stored.kind) {
      case 'stored':
        return this.send(row.id, stored.word, stored.outboxId);
      case 'before':
        return this.again(stored.word, stored.isWaiting);
      case 'refused':
        await this.auditRefusal(visitor, row, input, stored.code);
        return this.answer(row.id, 'refused', stored.code);
    }
  }

  async budgetSubject(caller: Caller, input: RpcInput<typeof requestsRpc, 'requests.budgetSubject'>) {
    const { access, store } = this.deps;
    const { viewer } = await access.visitor(caller);
    const row = await access.readable(viewer, input.id);
    requirePermission(viewer, 'request:budget', row.projectId);
    return budgetDocument(store.read, row, input.limits);
  }

  private async before(records: Records, { viewer }: Visitor, stamp: KeyStamp): Promise<Stored | undefined> {
    const scope = keyScope(viewer, stamp, this.deps.clock());
    const word = scope && (await records.words.ofKey(scope));
    if (!word) return undefined;
    if (!this.deps.guards.isSameAct(word, stamp)) throw keyMismatch();
    const waiting = await records.outbox.undelivered(word.requestId);
    return { kind: 'before', word, isWaiting: waiting.some(({ payload }) => payload.kind === 'word' && payload.wordId === word.id) };
  }

  private async store(
    records: Records,
    row: RequestEntity,
    visitor: Visitor,
    input: Input,
    { policyVersion, stamp }: { readonly policyVersion: string; readonly stamp: KeyStamp },
  ): Promise<Stored> {
    const now = this.deps.clock();
    const { viewer } = visitor;
    const raise = input.kind === 'raiseBudget' ? await this.storeRaise(records, row, visitor, input, policyVersion, now) : null;
    if (raise?.code !== undefined) return { kind: 'refused', code: raise.code };
    const said = { id: randomUUID(), kind: input.kind, actor: viewer.personId, text: input.text, limits: input.limits };
    const word: WordEntity = {
      ...said,
      tenantId: row.tenantId,
      requestId: row.id,
      decisionId: raise?.decisionId ?? null,
      digest: digestOf({ ...said, limits: input.limits ?? null, salt: randomBytes(16).toString('hex') }),
      status: 'recorded',
      code: null,
      delivered: false,
      at: now,
      ...stamp,
    };
    // Words on this request wait for its lock, so whoever took the key meanwhile said something on another one.
    if ((await records.words.insert(word)) !== word) throw keyMismatch();
    const payload = { kind: 'word', wordId: word.id, word: word.kind } as const;
    const outboxId = await records.outbox.add(row, payload, now, this.deps.decideDeadlineMs * 2);
    const shown = input.kind === 'comment' || input.text === null ? '' : `: ${input.text}`;
    const note = { type: input.kind, actor: viewer.personId, text: `${viewer.name}: ${input.kind}${shown}`, data: { word: word.id, text: input.text } };
    await record(records, row, note, now);
    return { kind: 'stored', word, outboxId };
  }

  /** A raise is a decision of its own, in the same form as any other. */
  private async storeRaise(records: Records, row: RequestEntity, { viewer, caller }: Visitor, input: Input, policyVersion: string, now: Date) {
    if (!input.limits || input.digest === null) throw new AppError('INVALID_INPUT', 'A raise needs limits and the digest that was shown', { field: 'digest' });
    const document = await budgetDocument(records, row, input.limits).catch((error: unknown) => {
      if (error instanceof AppError) return error.code;
      throw error;
    });
    if (typeof document === 'string') return { code: document };
    if (document.digest !== input.digest) return { code: 'STALE_DIGEST' as const };
    const found = await records.gates.findByDigest(row.id, 'budget', document.digest);
    const revision = found?.revision ?? (await records.gates.nextRevision(row.id, 'budget'));
    await records.gates.supersedeOpen(row.id, 'budget', now);
    await records.gates.save({
      requestId: row.id,
      tenantId: row.tenantId,
      gate: 'budget',
      revision,
      digest: document.digest,
      text: document.text,
      setting: 'required',
      required: 1,
      state: 'open',
      facts: {},
      account: null,
      openedAt: now,
      deadline: null,
      closedAt: null,
    });
    const draft: DecisionDraft = {
      tenantId: row.tenantId,
      requestId: row.id,
      gate: 'budget',
      revision,
      digest: document.digest,
      verdict: 'approve',
      actor: { kind: 'person', id: viewer.personId, issuer: viewer.issuer, subject: viewer.subject },
      roles: rolesIn(viewer.grants, row.projectId),
      channel: channelOf(caller.clientId),
      authentication: { acr: caller.acr ?? null, amr: caller.amr, authTime: caller.authTime ?? null },
      reason: input.text,
      policyVersion,
      policyIds: [],
      at: now,
    };
    const decision = await makeDecision(draft, this.deps.keys.seal);
    const earlier = await records.decisions.liveOf({ requestId: row.id, gate: 'budget', revision }, viewer.personId);
    if (earlier) await records.decisions.update(earlier.id, { live: false });
    await records.decisions.insert(decision);
    const subject = subjectName(row.id, 'budget', revision);
    await auditDocument(records, row, { type: 'decision', actor: viewer.personId, subject, document: decision.envelope }, now);
    return { decisionId: decision.id };
  }

  private async policyVersion(row: RequestEntity): Promise<string> {
    const project = await this.deps.projects.project(row.tenantId, row.projectId);
    if (!project) throw new AppError('NOT_FOUND', 'The project of this request is gone');
    return project.policyVersion;
  }

  private async send(requestId: string, word: WordEntity, outboxId: string): Promise<Output> {
    const item = { id: outboxId, requestId, payload: { kind: 'word', wordId: word.id, word: word.kind } } as const;
    const { delivery, decideDeadlineMs } = this.deps;
    // The word is stored, so whatever fails from here on only makes it later.
    const result = await delivery.deliver(item, decideDeadlineMs).catch(() => ({ kind: 'pending' }) as const);
    if (result.kind === 'refused') return this.answer(requestId, 'refused', result.code);
    return this.answer(requestId, result.kind, null);
  }

  /** Not sent again: the first call or the outbox does that, and one of them is enough. */
  private again({ requestId, status, code }: WordEntity, isWaiting: boolean): Promise<Output> {
    if (status === 'refused') return this.answer(requestId, 'refused', code);
    return this.answer(requestId, isWaiting ? 'pending' : 'recorded', null);
  }

  private async answer(requestId: string, outcome: Output['outcome'], code: string | null): Promise<Output> {
    const row = await this.deps.store.read.requests.find(requestId);
    return { outcome, code, message: code, state: row?.state ?? 'RECEIVED', paused: row?.paused !== null };
  }

  private async auditRefusal({ viewer }: Visitor, row: RequestEntity, { kind }: Input, code: ErrorCode): Promise<void> {
    const note = { type: 'word-refused', actor: viewer.personId, text: `${viewer.name} tried ${kind} and was refused: ${code}`, data: { kind, code } };
    await this.deps.store.write((records) => audit(records, row, note, this.deps.clock()));
  }
}

function textOf({ kind, text }: Input): string | null {
  if (kind === 'comment') return parseInput(commentSchema, text ?? '');
  return text === null || text.trim() === '' ? null : parseInput(reasonSchema, text);
}
