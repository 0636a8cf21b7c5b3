import type { FactKind, Facts, Gate, State, Vote } from '@countersign/domain';
import type { Carry } from '@countersign/workflow-contracts';

import type { Records } from '../database/records-store.repository.js';
import type { DecisionEntity } from '../decision/decision.entity.js';
import type { FactEntity } from '../fact/fact.entity.js';
import type { RequestEntity } from '../request/request.entity.js';
import { workDone, type WorkDone } from './back-to-work.js';

/** The whole lifecycle state as the records have it: what a repaired run goes on from. */
export async function carryFrom(records: Records, row: RequestEntity): Promise<Carry> {
  // One after the other: inside a transaction there is one connection.
  const facts = await records.facts.all(row.id);
  const events = await records.requests.events(row.id);
  const decisions = await records.decisions.all(row.id);
  const words = await records.words.all(row.id);
  const gate = await openGateOf(records, row);
  const moves = events.filter(({ type }) => type === 'transition').map(({ data }) => data as { from: State; to: State });
  const done = workDone(moves);
  const answers = gate ? await records.answers.all(row.id) : [];
  const votes = gate ? decisions.filter((vote) => isVoteFor(vote, gate)).map(toVote) : [];
  return {
    state: row.state,
    gate,
    votes,
    words: words.filter(({ status }) => status === 'recorded').map(({ id }) => id),
    seenUpdates: decisions.filter(({ id }) => votes.some((vote) => vote.id === id)).map(({ updateId }) => updateId),
    paused: row.paused === null ? null : row.paused.by === 'budget' ? 'budget' : 'person',
    attempt: done.attempt,
    fixes: done.fixes,
    facts: newestFacts(facts),
    feedback: feedbackOf(done, facts, decisions),
    reminders: 0,
    questions: answers.filter((asked) => asked.answeredAt === null && asked.gate === gate?.gate && asked.revision === gate.revision).map(({ wordId }) => wordId),
  };
}

export function toVote(decision: DecisionEntity): Vote {
  const { id, gate, revision, digest, verdict, actor, envelope } = decision;
  return { id, gate: gate as Gate, revision, digest, verdict, actor, envelope };
}

async function openGateOf(records: Records, row: RequestEntity): Promise<Carry['gate']> {
  if (row.openGate === null) return null;
  const open = await records.gates.current(row.id, row.openGate);
  if (open?.state !== 'open') return null;
  const { revision, digest, required, deadline } = open;
  return { gate: row.openGate, revision, digest, required, deadline: (deadline ?? open.openedAt).toISOString() };
}

function isVoteFor(vote: DecisionEntity, gate: NonNullable<Carry['gate']>): boolean {
  return vote.live && vote.actorKind === 'person' && vote.gate === gate.gate && vote.revision === gate.revision;
}

function newestFacts(newestFirst: readonly FactEntity[]): Carry['facts'] {
  const newest = (kind: FactKind): FactEntity | undefined => newestFirst.find((fact) => fact.kind === kind);
  const facts: Partial<Record<string, string>> = {};
  for (const fact of newestFirst) facts[fact.kind] ??= fact.id;
  const head = (newest('execution')?.data as Facts['execution'] | undefined)?.headCommit;
  const checks = newestFirst.filter(({ kind }) => kind === 'checks');
  const ofHead = checks.find(({ data }) => (data as Facts['checks']).commit === head);
  const ofMerged = checks.find(({ data }) => (data as Facts['checks']).commit !== head);
  if (ofHead) facts['checks'] = ofHead.id;
  if (ofMerged && ofMerged !== ofHead) facts['mergedChecks'] = ofMerged.id;
  // A conflict holds until the merge could be prepared.
  const [conflict, prepared] = [newest('conflict'), newest('mergePrep')];
  if (conflict && prepared && Number(prepared.seq) > Number(conflict.seq)) delete facts['conflict'];
  return facts;
}

function feedbackOf({ sentBackBy }: WorkDone, newestFirst: readonly FactEntity[], decisions: readonly DecisionEntity[]): readonly string[] {
  if (sentBackBy === 'decision') {
    const asked = decisions.findLast(({ verdict, status }) => verdict === 'request-changes' && status === 'counted');
    return asked ? [asked.id] : [];
  }
  const newest = sentBackBy.flatMap((kind) => newestFirst.find((fact) => fact.kind === kind) ?? []);
  if (!sentBackBy.includes('review')) return newest.map(({ id }) => id);
  // One of the two sent it back: the later.
  return newest.sort((a, b) => Number(b.seq) - Number(a.seq)).slice(0, 1).map(({ id }) => id);
}
