import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FactKind, type Facts, type Gate, newFailures, type State } from '@countersign/domain';
import { connectTemporal, createLogger, installRuntime, type TemporalHandle, WorkerHost } from '@countersign/platform';
import { namespaced, QUEUES, workflowIdOf } from '@countersign/workflow-contracts';
import { bundleWorkflowCode } from '@temporalio/worker';

import { currentCall } from '../src/lifecycle/current-call.js';
import { TemporalLifecycleAdapter } from '../src/lifecycle/temporal-lifecycle.adapter.js';
import { FACTS, type Harness, harness, PATCH } from './harness.js';

const temporal = { address: process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233', namespace: 'requests' };
const logger = createLogger('test', 'silent');
const quiet = (): void => undefined;
const MERGE_PREP = {
  targetRef: 'refs/heads/main',
  targetTip: 'a'.repeat(40),
  head: 'b'.repeat(40),
  mergedTree: 'c'.repeat(40),
  repository: '/data/p1.git',
  fastForward: true,
};

let h: Harness;
let handle: TemporalHandle;
let delivery: WorkerHost;
const hosts: WorkerHost[] = [];

/** What the other activities would measure, stored through the fenced calls that they make. */
function work(): Readonly<Record<string, object>> {
  const put = async <Kind extends FactKind>(requestId: string, kind: Kind, data: Facts[Kind]): Promise<{ factId: string }> => {
    const { run, key } = currentCall();
    const artifacts = kind === 'execution' ? [PATCH] : [];
    const { id } = await h.activities.putFact({ requestId, run, kind, key: `${kind}/${key}`, data: data as never, artifacts });
    return { factId: id };
  };
  type In = { readonly requestId: string };
  const done = async (): Promise<void> => undefined;
  return {
    agent: namespaced('agent', {
      writeSpec: async ({ requestId }: In) => ({ kind: 'written', ...(await put(requestId, 'spec', FACTS.spec)) }),
      writePlan: async ({ requestId }: In) => ({ kind: 'written', ...(await put(requestId, 'plan', FACTS.plan)) }),
      execute: async ({ requestId }: In) => ({ kind: 'done', ...(await put(requestId, 'execution', FACTS.execution)) }),
    }),
    sandbox: namespaced('sandbox', {
      check: async ({ requestId }: In) => ({ ...(await put(requestId, 'checks', FACTS.checks)), verdict: 'passed', fixable: newFailures([]).length > 0 }),
      destroy: done,
    }),
    policy: namespaced('policy', {
      measure: async ({ requestId }: In) => ({ ...(await put(requestId, 'measure', FACTS.measure)), blocking: false }),
    }),
    vcs: namespaced('vcs', {
      syncBase: async ({ requestId }: In) => ({
        ...(await put(requestId, 'base', { baseCommit: 'a'.repeat(40), targetRef: 'refs/heads/main', source: 'fetched' })),
        baseCommit: 'a'.repeat(40),
      }),
      push: async ({ requestId }: In) => put(requestId, 'publication', { branch: 'x', headCommit: 'b'.repeat(40) }),
      openMergeRequest: async ({ requestId }: In) => ({ ...(await put(requestId, 'mergeRequest', { number: 1, branch: 'x', target: 'main', url: 'u' })), number: 1 }),
      review: async ({ requestId }: In) => ({ ...(await put(requestId, 'review', { reviewer: 'bot', headCommit: 'b'.repeat(40), findings: [] })), blocking: false }),
      prepareMerge: async ({ requestId }: In) => ({ kind: 'prepared', ...(await put(requestId, 'mergePrep', MERGE_PREP)), fastForward: true, targetTip: MERGE_PREP.targetTip }),
      merge: async ({ requestId }: In) => ({ kind: 'merged', ...(await put(requestId, 'merge', { commit: 'm', tree: 't', targetRef: 'r', bringHome: [] })), commit: 'm' }),
      closeMergeRequest: done,
      deleteBranch: done,
    }),
  };
}

async function startDelivery(): Promise<void> {
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: join(process.cwd(), 'workflows/delivery/src/index.ts'),
    logger: { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet },
    webpackConfigHook: (config) => {
      config.resolve = { ...config.resolve, conditionNames: ['@countersign/source', '...'] };
      return config;
    },
  });
  delivery = new WorkerHost({ ...temporal, taskQueue: QUEUES.delivery, activities: {}, workflowBundle, logger });
}

beforeAll(async () => {
  installRuntime(logger);
  handle = connectTemporal(temporal);
  const lifecycle = new TemporalLifecycleAdapter(handle, temporal.namespace);
  h = await harness({ decideDeadlineMs: 2500 }, { lifecycle, call: currentCall, clock: () => new Date() });
  h.projects.verdict = { effect: 'allow', policyIds: ['small'], policyVersion: 'policy-1', reasons: [] };
  const activities = { requests: namespaced('records', h.records), ...work() };
  for (const [taskQueue, of] of Object.entries(activities)) hosts.push(new WorkerHost({ ...temporal, taskQueue, activities: of, logger }));
  await startDelivery();
  await Promise.all([delivery, ...hosts].map((host) => host.start()));
  h.outbox.start();
}, 120_000);

afterAll(async () => {
  await Promise.all([delivery, ...hosts].map((host) => host.stop()));
  await h.close();
  await handle.close();
}, 60_000);

const until = async (id: string, state: State, seconds = 30): Promise<void> => {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const row = await h.store.read.requests.find(id);
    if (row?.state === state) return;
    if (Date.now() > deadline) throw new Error(`${id} is ${row?.state} (${row?.waitingFor}), not ${state}: ${JSON.stringify(row?.outcome)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
const digestOf = async (id: string, gate: Gate): Promise<string> => (await h.store.read.gates.current(id, gate))?.digest ?? '';
const create = async (): Promise<string> => (await h.requests.create(h.as('requester'), { project: 'sample', title: 'Rename a', body: '' })).id;

describe('the real lifecycle on the real records', () => {
  it('goes from words to a merge with two votes', async () => {
    const id = await create();
    await until(id, 'PLAN_REVIEW');
    expect(await h.vote(id, 'reviewer', 'plan', await digestOf(id, 'plan'))).toMatchObject({ outcome: 'recorded' });
    await until(id, 'MERGE_REVIEW');
    expect(await h.vote(id, 'maintainer', 'merge', await digestOf(id, 'merge'))).toMatchObject({ outcome: 'recorded' });
    await until(id, 'DONE');
    const { stages, superseded } = await h.requests.get(h.as('observer'), id);
    expect(stages.every(({ state, attempts }) => state === 'done' && attempts === 1)).toBe(true);
    expect(superseded).toBe(false);
  }, 90_000);

  it('pauses, resumes and cancels by words', async () => {
    const id = await create();
    await until(id, 'PLAN_REVIEW');
    const say = (kind: 'pause' | 'resume' | 'cancel') => h.words.word(h.as('requester'), { id, kind, text: null, limits: null, digest: null });
    const paused = async (is: boolean): Promise<void> => {
      while (((await h.store.read.requests.find(id))?.paused !== null) !== is) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    expect(await say('pause')).toMatchObject({ outcome: 'recorded' });
    await paused(true);
    expect(await say('resume')).toMatchObject({ outcome: 'recorded' });
    await paused(false);
    await say('cancel');
    await until(id, 'CANCELLED');
    expect(await h.vote(id, 'reviewer', 'plan', await digestOf(id, 'plan'))).toMatchObject({ code: 'REQUEST_ENDED' });
  }, 60_000);

  it('keeps out a run that was reset until it is repaired', async () => {
    const id = await create();
    await until(id, 'PLAN_REVIEW');
    await h.vote(id, 'reviewer', 'plan', await digestOf(id, 'plan'));
    await until(id, 'MERGE_REVIEW');
    const { runId } = await handle.client.workflow.getHandle(workflowIdOf(id)).describe();
    const { events } = await handle.client.workflow.getHandle(workflowIdOf(id)).fetchHistory();
    const first = events?.find(({ workflowTaskCompletedEventAttributes }) => workflowTaskCompletedEventAttributes);
    await handle.client.workflowService.resetWorkflowExecution({
      namespace: temporal.namespace,
      workflowExecution: { workflowId: workflowIdOf(id), runId },
      reason: 'test',
      requestId: `reset-${id}`,
      workflowTaskFinishEventId: first?.eventId ?? null,
    });
    const superseded = async () => (await h.requests.get(h.as('admin'), id)).superseded;
    while (!(await superseded())) await new Promise((resolve) => setTimeout(resolve, 50));
    await h.repairs.repair(h.as('admin'), id);
    expect(await h.vote(id, 'maintainer', 'merge', await digestOf(id, 'merge'))).toMatchObject({ code: null });
    await until(id, 'DONE');
    const kinds = (await h.store.read.facts.all(id)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'publication')).toHaveLength(1);
  }, 90_000);

  it('answers pending without a worker and delivers the same vote when it is back', async () => {
    const id = await create();
    await until(id, 'PLAN_REVIEW');
    await delivery.stop();
    expect(await h.vote(id, 'reviewer', 'plan', await digestOf(id, 'plan'))).toMatchObject({ outcome: 'pending' });
    await startDelivery();
    await delivery.start();
    await until(id, 'MERGE_REVIEW', 60);
    const votes = (await h.store.read.decisions.all(id)).filter(({ gate }) => gate === 'plan');
    expect(votes).toMatchObject([{ status: 'counted', delivered: true }]);
  }, 120_000);
});
