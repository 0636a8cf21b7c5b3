import { couldClose, type ErrorCode, type Gate } from '@countersign/domain';

import { votesAtHand, type Ending, type Life } from './life.js';
import type { StageDeps } from './stage.js';
import { applyWords } from './words.stage.js';

/** Opens a gate for the facts at hand; one that passes at once (policy, off) leaves the state behind it. */
export async function openGate(deps: StageDeps, life: Life, gate: Gate, reopened?: { readonly code: ErrorCode }): Promise<void> {
  life.opening = gate;
  const opened = await deps.records
    .openGate({ requestId: life.requestId, gate, facts: life.facts, ...(reopened && { reopened }) })
    .finally(() => {
      life.opening = null;
    });
  if (opened.outcome === 'passed') {
    life.gate = null;
    life.feedback = [];
    life.state = opened.state;
    return;
  }
  const { revision, digest, required, deadline } = opened;
  life.gate = { gate, revision, digest, required, deadline };
  life.reminders = 0;
  life.state = REVIEW_STATE[gate];
  life.votes = life.votes.filter((vote) => vote.gate !== gate || vote.revision === revision);
  deps.show(opened.waitingFor);
}

const REVIEW_STATE = { spec: 'SPEC_REVIEW', plan: 'PLAN_REVIEW', diff: 'DIFF_REVIEW', merge: 'MERGE_REVIEW' } as const;

async function askToClose(deps: StageDeps, life: Life): Promise<Ending | undefined> {
  const { gate } = life;
  if (!gate) return undefined;
  const decisionIds = votesAtHand(life).map((vote) => vote.id);
  const closed = await deps.records.closeGate({ requestId: life.requestId, gate: gate.gate, revision: gate.revision, decisionIds });
  if (closed.outcome === 'open') {
    life.votes = life.votes.filter((vote) => !closed.dropped.includes(vote.id));
    deps.show(closed.waitingFor);
    return undefined;
  }
  life.gate = null;
  life.votes = [];
  if (closed.outcome === 'rejected') return { state: 'REJECTED' };
  life.state = closed.state;
  if (closed.outcome === 'changes') {
    // A spec or plan is written anew from everything said so far; an attempt answers what was said of the last one.
    const isWriting = gate.gate === 'spec' || gate.gate === 'plan';
    life.feedback = isWriting ? [...life.feedback, closed.feedbackId] : [closed.feedbackId];
    if (!isWriting) life.attempt += 1;
  } else {
    life.feedback = [];
  }
  return undefined;
}

/** Waits in a review state for votes, words, the next reminder or the end of the window; comments are answered meanwhile. */
export async function gateStage(deps: StageDeps, life: Life): Promise<Ending | undefined> {
  try {
    return await whileOpen(deps, life);
  } finally {
    deps.chat.leave(life.gate === null || life.cancelled);
  }
}

async function whileOpen(deps: StageDeps, life: Life): Promise<Ending | undefined> {
  const { gate } = life;
  if (!gate) return { state: 'FAILED', reason: 'A review state without an open gate' };
  // A vote that closeGate left standing without closing must not be asked about again and again.
  const asked = new Set<string>();
  const isRipe = (): boolean =>
    votesAtHand(life).some((vote) => !asked.has(vote.id)) && couldClose(votesAtHand(life), gate.required);
  const reminderMs = life.settings?.reminderMs ?? Number.POSITIVE_INFINITY;
  let remindAt = deps.now() + reminderMs;
  for (;;) {
    const remaining = Date.parse(life.gate?.deadline ?? gate.deadline) - deps.now();
    if (remaining <= 0) return { state: 'EXPIRED', reason: `Nobody decided the ${gate.gate} gate in time` };
    deps.chat.proceed();
    await deps.waitUntil(
      () => isRipe() || life.words.length > 0 || life.cancelled || deps.chat.isReady,
      Math.max(1, Math.min(remaining, remindAt - deps.now())),
    );
    await applyWords(deps, life);
    if (life.cancelled || life.paused) return undefined;
    if (isRipe()) {
      for (const vote of votesAtHand(life)) asked.add(vote.id);
      const ending = await askToClose(deps, life);
      if (ending || !life.gate) return ending;
    } else if (deps.now() >= remindAt && deps.now() < Date.parse(life.gate?.deadline ?? gate.deadline)) {
      remindAt = deps.now() + reminderMs;
      life.reminders += 1;
      await deps.records.remind({ requestId: life.requestId, gate: gate.gate, revision: gate.revision, reminder: life.reminders });
      if (!isRipe()) await deps.rollOver();
    }
  }
}
