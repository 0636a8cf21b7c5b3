import { isTerminal, subjectName } from '@countersign/domain';

import { record } from '../audit/journal.js';
import type { RecordsStore } from '../database/records-store.repository.js';
import type { DecisionEntity } from '../decision/decision.entity.js';
import type { Guards } from '../guards.js';
import { toVote } from '../lifecycle/carry.js';
import type { Clock } from '../lifecycle/fence.js';
import type { LifecyclePort, UpdateOutcome } from '../lifecycle/lifecycle.port.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { OutboxEntity } from './outbox.entity.js';
import type { OutboxPayload } from './outbox-payload.js';

export type Delivered =
  | { readonly kind: 'recorded' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** A vote may reach the lifecycle before it knows that the gate opened: the records know, so it is sent again. */
const MAY_BE_EARLY: readonly string[] = ['GATE_CLOSED', 'STALE_REVISION', 'STALE_DIGEST'];
const ENDED = { kind: 'refused', code: 'REQUEST_ENDED', message: 'The request has ended' } as const;

/** Brings one outbox row to the lifecycle and notes what became of it. Safe to run twice at once: ids make it one. */
export class Delivery {
  constructor(
    private readonly store: RecordsStore,
    private readonly lifecycle: LifecyclePort,
    private readonly clock: Clock,
    private readonly guards: Pick<Guards, 'updateIdOf'>,
  ) {}

  async deliver(item: Pick<OutboxEntity, 'id' | 'requestId' | 'payload'>, deadlineMs: number): Promise<Delivered> {
    const row = await this.store.read.requests.find(item.requestId);
    if (!row) return this.done(item.id);
    switch (item.payload.kind) {
      case 'start':
        await this.start(row, item.payload);
        return this.done(item.id);
      case 'signal':
        await this.lifecycle.signal(row.id, item.payload.name);
        return this.done(item.id);
      case 'decide':
        return this.decide(row, item.id, await this.store.read.decisions.find(item.payload.decisionId), deadlineMs);
      case 'word':
        return this.word(row, item.id, item.payload, deadlineMs);
    }
  }

  private async start(row: RequestEntity, { carry, requester }: Extract<OutboxPayload, { kind: 'start' }>): Promise<void> {
    if (isTerminal(row.state)) return;
    const { id, title, state, projectName, tenantId } = row;
    await this.lifecycle.start({ requestId: id, title, state, project: projectName, tenant: tenantId, requester, carry });
  }

  /** The same for a vote whose rows are at hand, as they were stored: a person waits for it. */
  async decide(row: RequestEntity, itemId: string, decision: DecisionEntity | null, deadlineMs: number): Promise<Delivered> {
    if (!decision || decision.delivered || !decision.live) return this.done(itemId);
    const decisionId = decision.id;
    const update = { name: 'decide', args: toVote(decision), updateId: this.guards.updateIdOf(decision), deadlineMs } as const;
    const outcome = settled(row, await this.lifecycle.update(row.id, update));
    if (outcome.kind === 'pending') return outcome;
    return this.store.write(async (records) => {
      const locked = await records.requests.lock(row.id);
      const now = this.clock();
      const current = await records.decisions.find(decisionId);
      if (outcome.kind === 'recorded' || current?.status === 'counted') {
        await records.decisions.update(decisionId, { delivered: true });
      } else {
        if (MAY_BE_EARLY.includes(outcome.code) && this.isStillOpen(locked, decision.revision, decision.gate)) return PENDING;
        await records.decisions.update(decisionId, { status: 'dropped', code: outcome.code, live: false });
        const text = `A vote was refused: ${outcome.code}`;
        const subject = subjectName(row.id, decision.gate, decision.revision);
        const note = { type: 'vote-refused', actor: decision.actor, text, subject, data: { decision: decisionId, code: outcome.code } };
        await record(records, locked ?? row, note, now);
      }
      await records.outbox.done(itemId, now);
      return outcome;
    });
  }

  private isStillOpen(row: RequestEntity | null, revision: number, gate: string): boolean {
    return row !== null && row.openGate === gate && row.openRevision === revision;
  }

  private async word(row: RequestEntity, itemId: string, payload: Extract<OutboxPayload, { kind: 'word' }>, deadlineMs: number): Promise<Delivered> {
    const word = await this.store.read.words.find(payload.wordId);
    if (!word || word.delivered) return this.done(itemId);
    // A comment on an ended request is kept; nobody has to act on it.
    if (word.kind === 'comment' && isTerminal(row.state)) return this.done(itemId);
    const update = { name: payload.word, args: { id: word.id }, updateId: `word:${word.digest}`, deadlineMs } as const;
    const outcome = settled(row, await this.lifecycle.update(row.id, update));
    if (outcome.kind === 'pending') return outcome;
    return this.store.write(async (records) => {
      const locked = (await records.requests.lock(row.id)) ?? row;
      const now = this.clock();
      await records.outbox.done(itemId, now);
      if (outcome.kind === 'recorded') {
        await records.words.update(word.id, { delivered: true });
        return outcome;
      }
      const { code } = outcome;
      await records.words.update(word.id, { status: 'refused', code, delivered: true });
      if (word.decisionId !== null) await records.decisions.update(word.decisionId, { status: 'dropped', code, live: false });
      const note = { type: 'word-refused', actor: word.actor, text: `${word.kind} was refused: ${code}`, data: { word: word.id, code } };
      await record(records, locked, note, now);
      return outcome;
    });
  }

  private async done(itemId: string): Promise<Delivered> {
    await this.store.read.outbox.done(itemId, this.clock());
    return { kind: 'recorded' };
  }
}

const PENDING = { kind: 'pending' } as const;

/** Without an open run: an ended request refuses, any other gets one yet (its start, or a repair). */
function settled(row: RequestEntity, outcome: UpdateOutcome): Exclude<UpdateOutcome, { kind: 'notFound' }> {
  if (outcome.kind !== 'notFound') return outcome;
  return isTerminal(row.state) ? ENDED : PENDING;
}
