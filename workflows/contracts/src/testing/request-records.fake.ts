import {
  DEFAULT_LIMITS,
  NO_USAGE,
  addUsage,
  type BudgetUsage,
  type Evidence,
  type FactKind,
  type Facts,
} from '@countersign/domain';
import { anEvidence, someSettings } from '@countersign/domain/testing';

import type { ApprovalEvidencePort, Briefing, CommentAnswer, RequestRecordsPort, StoredFact, ThreadMessage } from '../activity-ports.js';

export type FakeRequestRecords = RequestRecordsPort & {
  readonly facts: readonly (StoredFact & { readonly key: string })[];
  readonly waiting: readonly (string | null)[];
  brief: Briefing;
  over: boolean;
  feedbackTexts: Record<string, string>;
  messages: readonly ThreadMessage[];
  readonly answers: readonly CommentAnswer[];
  /** What answers waited for, in order. */
  readonly answerNotes: readonly (string | null)[];
};

export function aBriefing(over: Partial<Briefing> = {}): Briefing {
  return {
    request: {
      id: 'r1',
      tenantId: 't1',
      title: 'rename a to b',
      body: 'rename a to b',
      requester: 'p-requester',
      state: 'EXECUTING',
      createdAt: '2026-01-01T00:00:00Z',
    },
    project: { id: 'p1', name: 'sample', repo: '/src', bare: '/bare', branch: 'main', settings: someSettings() },
    limits: DEFAULT_LIMITS,
    usage: NO_USAGE,
    subjects: [],
    approvedBy: [],
    mergeVote: null,
    ...over,
  };
}

/** Keeps facts and usage in memory with the port's own guarantees: one row per key. */
export function fakeRequestRecords(brief: Briefing = aBriefing()): FakeRequestRecords {
  const facts: (StoredFact & { key: string })[] = [];
  const waiting: (string | null)[] = [];
  const usages = new Map<string, BudgetUsage>();
  const answers: CommentAnswer[] = [];
  const answerNotes: (string | null)[] = [];
  return {
    facts,
    waiting,
    brief,
    over: false,
    feedbackTexts: {},
    messages: [],
    answers,
    answerNotes,
    async briefing() {
      return this.brief;
    },
    async putFact(_requestId, _run, { kind, key, data }) {
      const earlier = facts.find((fact) => fact.key === key);
      if (earlier) return { id: earlier.id };
      const id = `f${facts.length + 1}`;
      facts.push({ id, kind, key, data: data as Facts[FactKind] });
      return { id };
    },
    async getFact<K extends FactKind>(_requestId: string, _run: unknown, kind: K, id: string) {
      return facts.find((fact) => fact.id === id && fact.kind === kind) as StoredFact<K> | undefined;
    },
    async latestFact<K extends FactKind>(_requestId: string, _run: unknown, kind: K, of?: string) {
      const isAbout = (data: object): boolean => of === undefined || Reflect.get(data, 'commit') === of || Reflect.get(data, 'headCommit') === of;
      return facts.findLast((fact) => fact.kind === kind && isAbout(fact.data)) as StoredFact<K> | undefined;
    },
    async feedback(_requestId, _run, ids) {
      return ids.map((id) => this.feedbackTexts[id] ?? '');
    },
    async addUsage(_requestId, _run, key, usage) {
      if (!usages.has(key)) usages.set(key, usage);
      return [...usages.values()].reduce(addUsage, NO_USAGE);
    },
    async noteWaiting(_requestId, _run, text) {
      waiting.push(text);
    },
    async thread() {
      return this.messages;
    },
    async answerComment(_requestId, _run, answer) {
      if (!answers.some(({ wordId }) => wordId === answer.wordId)) answers.push(answer);
    },
    async noteAnswer(_requestId, _run, { waitingFor }) {
      answerNotes.push(waitingFor);
    },
    async isOver() {
      return this.over;
    },
  };
}

export function fakeEvidence(evidence: Evidence = anEvidence()): ApprovalEvidencePort & { evidence: Evidence } {
  return {
    evidence,
    async read() {
      return this.evidence;
    },
  };
}
