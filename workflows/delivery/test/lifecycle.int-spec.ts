import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Vote } from '@countersign/domain';
import { namespaced, REQUEST_LIFECYCLE, workflowIdOf } from '@countersign/workflow-contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

import { bundleLifecycle } from '../src/testing/bundle.js';
import { DIGEST, fakeWorld, type FakeWorld } from '../src/testing/fake-activities.js';

const address = process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233';
/** Of its own: the queues are the product's. */
const namespace = 'lifecycle';
const HISTORIES = join(process.cwd(), 'workflows/delivery/histories');

let bundle: WorkflowBundleWithSourceMap;
let native: NativeConnection;
let connection: Connection;
let client: Client;
let number = 0;

beforeAll(async () => {
  bundle = await bundleLifecycle();
  native = await NativeConnection.connect({ address });
  connection = await Connection.connect({ address });
  client = new Client({ connection, namespace });
}, 60_000);

afterAll(async () => {
  await connection?.close();
  await native?.close();
});

/** One worker per queue, as in production, all on the fake world. */
async function inWorld(world: FakeWorld, test: (handle: WorkflowHandle, id: string) => Promise<void>, more: { maxCachedWorkflows?: number } = {}): Promise<void> {
  const queues: Record<string, object> = {
    requests: namespaced('records', world.records),
    agent: namespaced('agent', world.agent),
    sandbox: namespaced('sandbox', world.sandbox),
    policy: namespaced('policy', world.policy),
    vcs: namespaced('vcs', world.vcs),
  };
  const workers = await Promise.all([
    Worker.create({ connection: native, namespace, taskQueue: 'delivery', workflowBundle: bundle, ...more }),
    ...Object.entries(queues).map(([taskQueue, activities]) => Worker.create({ connection: native, namespace, taskQueue, activities })),
  ]);
  const running = workers.map((worker) => worker.run());
  number += 1;
  const id = `t${Date.now().toString(36)}${number}`;
  const handle = await client.workflow.start(REQUEST_LIFECYCLE, { workflowId: workflowIdOf(id), taskQueue: 'delivery', args: [{ request: id }] });
  try {
    await test(handle, id);
  } finally {
    await handle.terminate('the test is over').catch((error: unknown) => expect(error).toBeInstanceOf(Error));
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
  }
}

const aVote = (over: Partial<Vote> = {}): Vote => ({
  id: 'v1',
  gate: 'plan',
  revision: 1,
  digest: DIGEST,
  verdict: 'approve',
  actor: 'reviewer',
  envelope: '{}',
  ...over,
});

async function decide(handle: WorkflowHandle, vote: unknown, updateId = `u-${Math.random()}`): Promise<unknown> {
  return handle.executeUpdate('decide', { args: [vote], updateId });
}

async function until(world: FakeWorld, call: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!world.calls.includes(call)) {
    if (Date.now() > deadline) throw new Error(`"${call}" did not happen: ${world.calls.join(' | ')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function refusalOf(promise: Promise<unknown>): Promise<string | null | undefined> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure ? error.cause.type : undefined;
}

async function keepHistory(handle: WorkflowHandle, name: string, isCommitted = true): Promise<{ events: number; bytes: number }> {
  const description = await handle.describe();
  const history = await handle.fetchHistory();
  const wanted = process.env['COUNTERSIGN_WRITE_HISTORIES'];
  // A name records that history alone; anything else records them all.
  if (isCommitted && wanted !== undefined && (wanted === '1' || wanted === name)) {
    mkdirSync(HISTORIES, { recursive: true });
    const { workflowId } = handle;
    const args = ['workflow', 'show', '-w', workflowId, '-r', description.runId, '--address', address, '--namespace', namespace, '--output', 'json'];
    const shown = execFileSync(process.env['TEMPORAL_CLI'] ?? 'temporal', args, { encoding: 'utf8', timeout: 20_000 });
    // Stack traces name the folder of whoever records.
    const text = JSON.stringify(JSON.parse(shown)).replaceAll(process.cwd(), '/countersign');
    writeFileSync(join(HISTORIES, `${name}.json`), `${text}\n`);
  }
  return { events: history.events?.length ?? 0, bytes: description.historySize ?? 0 };
}

describe('requestLifecycle on a real server', () => {
  it('merges an approved request within the history budget', async () => {
    const world = fakeWorld({ verdicts: { v1: 'approve', v2: 'approve' } });
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      expect(await decide(handle, aVote())).toEqual({ recorded: true });
      await until(world, 'openGate merge');
      await decide(handle, aVote({ id: 'v2', gate: 'merge' }));
      expect(await handle.result()).toEqual({ state: 'DONE' });
      expect(world.calls).toEqual([
        'begin', 'writeSpec', 'openGate spec', 'syncBase', 'writePlan', 'openGate plan', 'closeGate plan v1', 'execute 1',
        'transition CHECKING', ...world.calls.filter((call) => call.startsWith('check ') || call === 'measure'), 'openGate diff', 'push', 'openMergeRequest',
        'review', 'prepareMerge', 'openGate merge', 'closeGate merge v2', 'merge', 'finish DONE', 'destroy',
      ]);
      const { events, bytes } = await keepHistory(handle, 'merged');
      expect(events).toBeLessThanOrEqual(150);
      expect(bytes).toBeLessThanOrEqual(150_000);
    });
  }, 60_000);

  it('stays within the history budget with a model that reviews, also where no two activities end together', async () => {
    const world = fakeWorld({ verdicts: { v1: 'approve', v2: 'approve' }, modelReview: true });
    let ends = 0;
    const later = async <T>(result: T): Promise<T> => {
      ends += 1;
      await new Promise((resolve) => setTimeout(resolve, 150 * ends));
      return result;
    };
    world.overrides.check = () => later({ factId: 'checks', verdict: 'passed', fixable: false });
    world.overrides.review = () => later({ factId: 'model-review' });
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await settled();
      await decide(handle, aVote());
      await until(world, 'openGate merge');
      await settled();
      await decide(handle, aVote({ id: 'v2', gate: 'merge' }));
      expect(await handle.result()).toEqual({ state: 'DONE' });
      expect(world.calls).toContain('agent review execution-1');
      expect(world.calls).not.toContain('prepareMerge');
      const { events, bytes } = await keepHistory(handle, 'merged-with-review', false);
      process.stdout.write(`history with a model review: ${events} events, ${bytes} bytes\n`);
      expect(events).toBeLessThanOrEqual(150);
      expect(bytes).toBeLessThanOrEqual(150_000);
    });
  }, 60_000);

  it('refuses votes that are malformed, stale or early, and keeps no trace of them', async () => {
    const world = fakeWorld();
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await settled();
      for (const bad of [undefined, null, 7, 'x', [], {}, aVote({ digest: 'short' })]) {
        expect(await refusalOf(decide(handle, bad))).toBe('UPDATE_MALFORMED');
      }
      expect(await refusalOf(decide(handle, aVote({ gate: 'merge' })))).toBe('GATE_CLOSED');
      expect(await refusalOf(decide(handle, aVote({ revision: 2 })))).toBe('STALE_REVISION');
      expect(await refusalOf(decide(handle, aVote({ digest: 'e'.repeat(64) })))).toBe('STALE_DIGEST');
      const { events } = await handle.fetchHistory();
      expect(JSON.stringify(events)).not.toContain('workflowExecutionUpdateAccepted');
    });
  }, 60_000);

  it('ends rejected, undoes what was made, and shows an undo that fails', async () => {
    let failures = 5;
    const world = fakeWorld({ verdicts: { v1: 'approve', v2: 'reject' } });
    world.overrides.closeMergeRequest = async () => {
      failures -= 1;
      if (failures >= 0) throw ApplicationFailure.create({ message: 'the host is away', type: 'SERVICE_UNAVAILABLE', nextRetryDelay: '10ms' });
    };
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await decide(handle, aVote());
      await until(world, 'openGate merge');
      await decide(handle, aVote({ id: 'v2', gate: 'merge', verdict: 'reject' }));
      await until(world, 'noteUndo close the merge request: the host is away');
      await until(world, 'deleteBranch');
      expect(await handle.result()).toEqual({ state: 'REJECTED' });
      expect(world.calls).toContain('noteUndo close the merge request: done');
      await keepHistory(handle, 'rejected');
    });
  }, 60_000);

  it('drops a forged vote and still takes the real one of the same person', async () => {
    const world = fakeWorld({ verdicts: { real: 'approve' } });
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await decide(handle, aVote({ id: 'forged' }));
      await until(world, 'closeGate plan forged');
      await decide(handle, aVote({ id: 'real' }));
      await until(world, 'execute 1');
    });
  }, 60_000);

  it('revises a plan twice with the feedback, then goes on', async () => {
    const world = fakeWorld({ verdicts: { a: 'request-changes', b: 'request-changes', c: 'reject' } });
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await decide(handle, aVote({ id: 'a', verdict: 'request-changes' }));
      await until(world, 'writePlan a');
      await waitFor(() => world.revisions.plan === 2);
      await decide(handle, aVote({ id: 'b', revision: 2, verdict: 'request-changes' }));
      await until(world, 'writePlan a,b');
      await waitFor(() => world.revisions.plan === 3);
      await settled();
      expect(await refusalOf(decide(handle, aVote({ revision: 2 })))).toBe('STALE_REVISION');
      await decide(handle, aVote({ id: 'c', revision: 3, verdict: 'reject' }));
      expect(await handle.result()).toEqual({ state: 'REJECTED' });
      await keepHistory(handle, 'revised-twice');
    });
  }, 60_000);
});

describe('requestLifecycle, interrupted', () => {
  it('cancels while executing: the work is cut, the result undone', async () => {
    const world = fakeWorld({ verdicts: { v1: 'approve' }, words: { w1: { kind: 'comment' }, w2: { kind: 'cancel' } } });
    world.overrides.execute = untilCancelled;
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await decide(handle, aVote());
      await until(world, 'execute 1');
      await handle.executeUpdate('comment', { args: [{ id: 'w1' }], updateId: 'c1' });
      await until(world, 'applyWord w1');
      await handle.executeUpdate('cancel', { args: [{ id: 'w2' }], updateId: 'c2' });
      expect(await handle.result()).toEqual({ state: 'CANCELLED' });
      expect(world.calls.slice(-4).toSorted()).toEqual(['closeMergeRequest', 'deleteBranch', 'destroy', 'finish CANCELLED']);
      await keepHistory(handle, 'cancelled-while-executing');
    });
  }, 60_000);

  it("treats Temporal's own cancel as an operator's", async () => {
    const world = fakeWorld();
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await handle.cancel();
      expect(await handle.result()).toEqual({ state: 'CANCELLED' });
      expect(world.calls).toContain('deleteBranch');
    });
  }, 60_000);

  it('ignores a word that requests does not know', async () => {
    const world = fakeWorld({ verdicts: { v1: 'approve' } });
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await handle.executeUpdate('cancel', { args: [{ id: 'forged' }], updateId: 'f' });
      await until(world, 'applyWord forged');
      expect(await refusalOf(handle.executeUpdate('cancel', { args: [7] }))).toBe('UPDATE_MALFORMED');
      await decide(handle, aVote());
      await until(world, 'execute 1');
    });
  }, 60_000);

  it('pauses while executing and goes on with the same attempt after a resume', async () => {
    const world = fakeWorld({ verdicts: { v1: 'approve' }, words: { p: { kind: 'pause' }, r: { kind: 'resume' } } });
    let calls = 0;
    world.overrides.execute = async (input) => {
      calls += 1;
      return calls === 1 ? untilCancelled(input) : { kind: 'done', factId: 'execution-1' };
    };
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await decide(handle, aVote());
      await until(world, 'execute 1');
      await handle.executeUpdate('pause', { args: [{ id: 'p' }] });
      await until(world, 'applyWord p');
      await handle.executeUpdate('resume', { args: [{ id: 'r' }] });
      await until(world, 'openGate merge');
      expect(world.calls.filter((call) => call.startsWith('execute'))).toEqual(['execute 1', 'execute 1']);
      expect(world.calls).toContain('transition QUEUED');
    });
  }, 60_000);

  it('pauses for a budget and goes on once it is raised', async () => {
    const world = fakeWorld({ verdicts: { v1: 'approve' }, words: { raise: { kind: 'raiseBudget' } } });
    let calls = 0;
    world.overrides.execute = async () => {
      calls += 1;
      return calls === 1 ? { kind: 'budget', exceeded: 'tokens' } : { kind: 'done', factId: 'execution-1' };
    };
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await decide(handle, aVote());
      await until(world, 'pauseForBudget tokens');
      await handle.executeUpdate('raiseBudget', { args: [{ id: 'raise' }] });
      await until(world, 'openGate merge');
    });
  }, 60_000);

  it('expires when the window closes, reminding on the way', async () => {
    const world = fakeWorld({ windowMs: 2500, reminderMs: 1000 });
    await inWorld(world, async (handle) => {
      expect(await handle.result()).toEqual({ state: 'EXPIRED' });
      expect(world.calls.filter((call) => call.startsWith('remind'))).toEqual(['remind 1', 'remind 2']);
      await keepHistory(handle, 'expired');
    });
  }, 60_000);
});

describe('requestLifecycle with a model that answers and reviews', () => {
  const asks = (...ids: string[]) => Object.fromEntries(ids.map((id) => [id, { kind: 'comment', asks: true } as const]));
  const comment = (handle: WorkflowHandle, id: string) => handle.executeUpdate('comment', { args: [{ id }], updateId: `word:${id}` });

  it('answers comments one at a time, plans anew, and goes on while the model thinks', async () => {
    const world = fakeWorld({ verdicts: { a: 'request-changes', b: 'approve', m: 'approve' }, words: asks('q1', 'q2', 'q3'), modelReview: true });
    const first = Promise.withResolvers<void>();
    world.overrides.answer = async ({ wordId }) => (wordId === 'q1' ? first.promise : wordId === 'q3' ? untilCancelled(wordId) : undefined);
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await comment(handle, 'q1');
      await until(world, 'answer q1');
      await comment(handle, 'q2');
      await until(world, 'applyWord q2');
      expect(world.calls).not.toContain('answer q2');
      first.resolve();
      await until(world, 'answer q2');
      await decide(handle, aVote({ id: 'a', verdict: 'request-changes' }));
      await until(world, 'writePlan a');
      await waitFor(() => world.revisions.plan === 2);
      await comment(handle, 'q3');
      await until(world, 'answer q3');
      await decide(handle, aVote({ id: 'b', revision: 2 }));
      await until(world, 'agent review execution-1');
      await until(world, 'openGate merge');
      await decide(handle, aVote({ id: 'm', gate: 'merge' }));
      expect(await handle.result()).toEqual({ state: 'DONE' });
      expect(world.calls.filter((call) => call.startsWith('answer'))).toEqual(['answer q1', 'answer q2', 'answer q3']);
      await keepHistory(handle, 'chat-and-review');
    });
  }, 60_000);

  it('asks again in the next run what the model had not answered in the last', async () => {
    const world = fakeWorld({ words: asks('q1'), reminderMs: 1000, continueAsNewAfterEvents: 10 });
    world.overrides.answer = async () => (world.calls.filter((call) => call === 'begin').length === 1 ? untilCancelled(undefined) : undefined);
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await comment(handle, 'q1');
      await until(world, 'answer q1');
      await waitFor(() => world.calls.filter((call) => call === 'answer q1').length === 2);
      world.continueAsNewAfterEvents = 4000;
      expect(world.calls.filter((call) => call === 'begin').length).toBeGreaterThanOrEqual(2);
      expect(world.calls.filter((call) => call.startsWith('applyWord'))).toEqual(['applyWord q1']);
    });
  }, 60_000);

  it('stops asking once another run owns the request', async () => {
    const world = fakeWorld({ words: asks('q1', 'q2') });
    world.overrides.answer = async () => {
      throw ApplicationFailure.nonRetryable('another run owns it', 'RUN_SUPERSEDED');
    };
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await comment(handle, 'q1');
      await until(world, 'answer q1');
      await settled();
      await comment(handle, 'q2');
      await settled();
      expect(world.calls.slice(world.calls.indexOf('answer q1') + 1)).toEqual([]);
    });
  }, 60_000);

  it('sends a blocking review back with the review as what to mend, and prepares nothing of it', async () => {
    const world = fakeWorld({ verdicts: { v1: 'approve' }, modelReview: true });
    let posted = 0;
    world.overrides.postReview = async () => {
      posted += 1;
      return posted === 1 ? { factId: 'review-1', blocking: true } : { factId: 'review-2', blocking: true, ...prepared };
    };
    const prepared = { prepared: { kind: 'prepared', factId: 'prep', fastForward: true, targetTip: 't' } } as const;
    const feedback: (readonly string[])[] = [];
    world.overrides.execute = async (input) => {
      feedback.push(input.feedback);
      return { kind: 'done', factId: `execution-${input.attempt}` };
    };
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await decide(handle, aVote());
      await until(world, 'openGate merge');
      expect(feedback).toEqual([[], ['review-1'], ['review-2']]);
    });
  }, 60_000);
});

describe('requestLifecycle, fixing', () => {
  it('sends a failing check back at most maxFixAttempts times, then asks a person', async () => {
    const world = fakeWorld({ verdicts: { v1: 'approve' }, settings: { spec: 'off', plan: 'required', diff: 'required', merge: 'required' } });
    world.overrides.check = async () => ({ factId: 'red', verdict: 'failed', fixable: true });
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await decide(handle, aVote());
      await until(world, 'openGate diff');
      expect(world.calls.filter((call) => call.startsWith('execute'))).toEqual(['execute 1', 'execute 2', 'execute 3']);
    });
  }, 60_000);

  it('leaves a result that cannot be fixed to a person', async () => {
    const world = fakeWorld({ verdicts: { v1: 'approve' }, settings: { spec: 'off', plan: 'required', diff: 'required', merge: 'required' } });
    world.overrides.check = async () => ({ factId: 'red', verdict: 'failed', fixable: true });
    world.overrides.execute = async ({ attempt }) =>
      attempt === 1 ? { kind: 'done', factId: 'e1' } : { kind: 'cannot', code: 'MODEL_CANNOT', factId: 'cannot' };
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await decide(handle, aVote());
      await until(world, 'openGate diff');
      expect(world.calls.filter((call) => call.startsWith('execute'))).toEqual(['execute 1', 'execute 2']);
    });
  }, 60_000);

  it('prepares and asks again when the target moved, and re-opens a gate whose approval was lost', async () => {
    const world = fakeWorld({ verdicts: { v1: 'approve', m1: 'approve', m2: 'approve', m3: 'approve' } });
    let merges = 0;
    world.overrides.merge = async () => {
      merges += 1;
      if (merges === 1) return { kind: 'moved' };
      if (merges === 2) return { approvalLost: 'merge', code: 'QUORUM_MISSING' };
      return { kind: 'merged', factId: 'merge', commit: 'c' };
    };
    await inWorld(world, async (handle) => {
      await until(world, 'openGate plan');
      await decide(handle, aVote());
      await until(world, 'openGate merge');
      await decide(handle, aVote({ id: 'm1', gate: 'merge' }));
      await until(world, 'openGate merge TARGET_MOVED');
      await decide(handle, aVote({ id: 'm2', gate: 'merge', revision: 2 }));
      await until(world, 'openGate merge QUORUM_MISSING');
      await decide(handle, aVote({ id: 'm3', gate: 'merge', revision: 3 }));
      expect(await handle.result()).toEqual({ state: 'DONE' });
    });
  }, 60_000);
});

describe('requestLifecycle over runs', () => {
  it('carries a vote across continue-as-new and counts one on each side', async () => {
    const world = fakeWorld({ verdicts: { a: 'approve', b: 'approve' }, required: 2, reminderMs: 1000, continueAsNewAfterEvents: 10 });
    await inWorld(world, async (handle) => {
      const { runId: firstRun } = await handle.describe();
      await until(world, 'openGate plan');
      await decide(handle, aVote({ id: 'a', actor: 'one' }), 'decision:a');
      await waitFor(() => world.calls.filter((call) => call === 'begin').length >= 2);
      expect(await decide(handle, aVote({ id: 'a', actor: 'one' }), 'decision:a')).toEqual({ recorded: true });
      world.continueAsNewAfterEvents = 4000;
      await decide(handle, aVote({ id: 'b', actor: 'two' }), 'decision:b');
      await until(world, 'closeGate plan a,b');
      await until(world, 'execute 1');
      await keepHistory(client.workflow.getHandle(handle.workflowId, firstRun), 'continued-as-new');
    });
  }, 60_000);

  it('makes no further call once another run owns the request, and goes on after repair', async () => {
    const world = fakeWorld({ verdicts: { v1: 'approve' } });
    let isOwner = false;
    world.overrides.begin = async () => {
      if (!isOwner) throw ApplicationFailure.nonRetryable('another run owns it', 'RUN_SUPERSEDED');
      return { state: 'EXECUTING', settings: { project: 'p', tenant: 't', requester: 'r', title: 'x', maxFixAttempts: 2, reminderMs: 60_000, continueAsNewAfterEvents: 4000 } };
    };
    world.recalled = {
      state: 'MERGING', gate: null, votes: [], words: [], seenUpdates: [], paused: null, attempt: 1, fixes: 0,
      facts: { mergePrep: 'prep', execution: 'e1' }, feedback: [], reminders: 0,
    };
    await inWorld(world, async (handle) => {
      await until(world, 'begin');
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(world.calls).toEqual(['begin']);
      isOwner = true;
      await handle.signal('repaired');
      expect(await handle.result()).toEqual({ state: 'DONE' });
      expect(world.calls).toEqual(['begin', 'begin', 'recall', 'merge', 'finish DONE', 'destroy']);
    });
  }, 60_000);

  it('works with no cached workflow, so nothing lives outside history', async () => {
    const world = fakeWorld({ verdicts: { v1: 'approve', v2: 'approve' } });
    await inWorld(
      world,
      async (handle) => {
        await until(world, 'openGate plan');
        await decide(handle, aVote());
        await until(world, 'openGate merge');
        await decide(handle, aVote({ id: 'v2', gate: 'merge' }));
        expect(await handle.result()).toEqual({ state: 'DONE' });
      },
      { maxCachedWorkflows: 0 },
    );
  }, 60_000);
});

/** Long enough for the workflow to hear of the gate that the fake opened. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 500));
}

async function untilCancelled(_input: unknown): Promise<never> {
  const { Context } = await import('@temporalio/activity');
  const context = Context.current();
  for (;;) {
    context.heartbeat();
    await context.sleep(200);
  }
}

async function waitFor(ready: () => boolean): Promise<void> {
  for (let tries = 0; !ready(); tries += 1) {
    if (tries > 1000) throw new Error('it did not happen');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
