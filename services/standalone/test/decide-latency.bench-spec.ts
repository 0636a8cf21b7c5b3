import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { FactKind, Facts } from '@countersign/domain';
import { aPlan, aSpec } from '@countersign/domain/testing';
import { connectTemporal, createLogger, installRuntime, type TemporalHandle, WorkerHost } from '@countersign/platform';
import { sampleRepository } from '@countersign/testing';
import { namespaced, QUEUES, workflowIdOf } from '@countersign/workflow-contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { activityInfo } from '@temporalio/activity';
import { bundleWorkflowCode } from '@temporalio/worker';

import { type Services, startServices } from './services.js';

const SAMPLES = 120;
const WARM_UP = 20;
const temporal = { address: process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233', namespace: 'default' };
const BARE = { queue: 'bare', others: 'bare-others' };
/** On one queue with its activity, and apart from it as the lifecycle and the service that closes gates are. */
const BARES = [
  { name: 'a bare update to its next activity', id: `bare-${process.pid}`, args: [] },
  { name: 'the same with the activity on the queue of another worker', id: `bare-apart-${process.pid}`, args: [BARE.others] },
] as const;
const logger = createLogger('test', 'silent');

let services: Services;
let handle: TemporalHandle;
let repos: string;
let plans = 0;
const hosts: WorkerHost[] = [];

/** What the agent would write, stored through the fenced call that it makes; each plan is another one. */
async function put<Kind extends FactKind>(requestId: string, kind: Kind, data: Facts[Kind]): Promise<{ factId: string }> {
  const { workflowExecution, activityId } = activityInfo();
  const run = { workflowId: workflowExecution?.workflowId ?? '', runId: workflowExecution?.runId ?? '' };
  const { id } = await services.asWorker.call('activity.putFact', { requestId, run, kind, key: `${kind}/${activityId}`, data: data as never, artifacts: [] });
  return { factId: id };
}

type In = { readonly requestId: string };
const agent = {
  writeSpec: async ({ requestId }: In) => ({ kind: 'written', ...(await put(requestId, 'spec', { spec: aSpec(), author: 'offline' })) }),
  writePlan: async ({ requestId }: In) => ({ kind: 'written', ...(await put(requestId, 'plan', { plan: aPlan({ summary: `plan ${(plans += 1)}` }), baseCommit: 'a'.repeat(40) })) }),
};
const vcs = {
  syncBase: async ({ requestId }: In) => ({ ...(await put(requestId, 'base', { baseCommit: 'a'.repeat(40), targetRef: 'refs/heads/main', source: 'fetched' })), baseCommit: 'a'.repeat(40) }),
  closeMergeRequest: async () => undefined,
  deleteBranch: async () => undefined,
};

function bundled(workflowsPath: string) {
  const quiet = (): void => undefined;
  return bundleWorkflowCode({
    workflowsPath,
    logger: { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet },
    webpackConfigHook: (config) => ({ ...config, resolve: { ...config.resolve, conditionNames: ['@countersign/source', '...'] } }),
  });
}

beforeAll(async () => {
  installRuntime(logger);
  repos = await mkdtemp(join(tmpdir(), 'countersign-repos-'));
  services = await startServices({ temporal, repoRoots: [repos] });
  handle = connectTemporal(temporal);
  const root = process.cwd();
  hosts.push(
    new WorkerHost({ ...temporal, taskQueue: QUEUES.delivery, activities: {}, workflowBundle: await bundled(join(root, 'workflows/delivery/src/index.ts')), logger }),
    new WorkerHost({ ...temporal, taskQueue: QUEUES.agent, activities: namespaced('agent', agent), logger }),
    new WorkerHost({ ...temporal, taskQueue: QUEUES.vcs, activities: namespaced('vcs', vcs), logger }),
    new WorkerHost({ ...temporal, taskQueue: BARE.others, activities: { next: async () => undefined }, logger }),
    new WorkerHost({ ...temporal, taskQueue: BARE.queue, activities: { next: async () => undefined }, workflowBundle: await bundled(join(root, 'services/standalone/test/bare.workflow.ts')), logger }),
  );
  await Promise.all(hosts.map((host) => host.start()));
}, 180_000);

afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  await services?.close();
  await handle?.close();
  await rm(repos, { recursive: true, force: true });
}, 60_000);

/** When the server had a worker begin each of these activities, in milliseconds since the epoch, by its own clock. */
async function beginnings(workflowId: string, activity: string): Promise<number[]> {
  const { events } = await handle.client.workflow.getHandle(workflowId).fetchHistory();
  const named = new Set((events ?? []).filter(({ activityTaskScheduledEventAttributes: of }) => of?.activityType?.name === activity).map(({ eventId }) => String(eventId)));
  return (events ?? []).flatMap(({ activityTaskStartedEventAttributes: of, eventTime }) =>
    of && named.has(String(of.scheduledEventId)) ? [Number(eventTime?.seconds) * 1000 + Number(eventTime?.nanos) / 1e6] : [],
  );
}

async function until(isTrue: () => Promise<boolean>, everyMs = 5): Promise<void> {
  for (const deadline = Date.now() + 30_000; !(await isTrue()); ) {
    if (Date.now() > deadline) throw new Error('It did not happen');
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

async function aRequest(): Promise<string> {
  const maintainer = await services.tokenFor('maintainer');
  const repo = sampleRepository(join(repos, 'sample'));
  await services.ask(maintainer, 'mutation ($input: AddProjectInput!) { addProject(input: $input) { id } }', { input: { name: 'sample', repo } });
  const isReady = async (): Promise<boolean> => {
    const { project } = (await services.ask(maintainer, '{ project(name: "sample") { import { state } } }')) as { project: { import: { state: string } } };
    return project.import.state === 'ready';
  };
  await until(isReady, 500);
  const made = await services.ask(maintainer, 'mutation { createRequest(input: { project: "sample", title: "rename a to b" }) { id } }');
  return (made as { createRequest: { id: string } }).createRequest.id;
}

/** Asking for changes closes the gate at once, and the next revision opens: one request gives as many samples as wanted. */
async function decideOnce(id: string, revision: number, token: string): Promise<number> {
  let digest = '';
  await until(async () => {
    const { rows } = await services.database.query<{ digest: string }>(
      "SELECT g.digest FROM gate_revision g JOIN request r ON r.id = g.request_id AND r.open_gate = 'plan' AND r.open_revision = g.revision WHERE g.request_id = $1 AND g.gate = 'plan' AND g.revision = $2",
      [id, revision],
    );
    digest = rows[0]?.digest ?? '';
    return digest !== '';
  });
  // The run that opened the gate has come to rest: neither side is measured while work of its own goes on.
  await new Promise((resolve) => setTimeout(resolve, 40));
  const begun = performance.timeOrigin + performance.now();
  await services.ask(token, 'mutation ($input: DecideInput!) { decide(input: $input) { outcome code } }', { input: { id, gate: 'plan', digest, verdict: 'request_changes', reason: 'another' } });
  return begun;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const figures = (values: readonly number[]): string => `p50 ${median(values).toFixed(1)} ms, p90 ${share(values, 0.9).toFixed(1)} ms`;
const share = (values: readonly number[], of: number): number => [...values].sort((a, b) => a - b)[Math.floor(values.length * of)] ?? NaN;

/** From each of these moments to the beginning of the activity that it led to, once everything is warm. */
async function waits(workflowId: string, activity: string, since: readonly number[]): Promise<number[]> {
  const begun = await beginnings(workflowId, activity);
  expect(begun.length).toBe(since.length);
  return since.map((at, n) => (begun[n] ?? NaN) - at).slice(WARM_UP);
}

describe('from a person\'s decision to what it sets going', () => {
  it(`is measured beside a bare update, ${SAMPLES - WARM_UP} of each, in turn, on the same server`, async () => {
    const token = await services.tokenFor('reviewer');
    const id = await aRequest();
    const bares = await Promise.all(BARES.map(({ id: workflowId, args }) => handle.client.workflow.start('bare', { workflowId, taskQueue: BARE.queue, args: [...args] })));
    const [decided, updated]: [number[], number[][]] = [[], BARES.map(() => [])];
    for (let n = 1; n <= SAMPLES; n += 1) {
      decided.push(await decideOnce(id, n, token));
      await until(async () => (await services.database.query("SELECT 1 FROM request WHERE id = $1 AND open_revision = $2 AND open_gate = 'plan'", [id, n + 1])).rowCount === 1);
      for (const [at, bare] of bares.entries()) {
        await new Promise((resolve) => setTimeout(resolve, 40));
        updated[at]?.push(performance.timeOrigin + performance.now());
        await bare.executeUpdate('decide', { args: [{ id: String(n), verdict: 'approve' }] });
      }
    }
    for (const bare of bares) {
      await bare.signal('end');
      await bare.result();
    }
    const ours = await waits(workflowIdOf(id), 'records.closeGate', decided);
    const theirs = await Promise.all(BARES.map(({ id: bareId }, at) => waits(bareId, 'next', updated[at] ?? [])));
    const ratios = theirs.map((bare, at) => `${BARES[at]?.name}: ${figures(bare)}; ratio ${(median(ours) / median(bare)).toFixed(2)}\n`);
    await mkdir('.countersign-test', { recursive: true });
    await writeFile('.countersign-test/bench.txt', `decide to closeGate, ${ours.length} of each: ${figures(ours)}\n${ratios.join('')}`);
    expect(Math.min(...ours, ...theirs.flat())).toBeGreaterThan(0);
  }, 240_000);
});
