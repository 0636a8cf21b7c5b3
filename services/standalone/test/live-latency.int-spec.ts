import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { RunningLog } from '@countersign/artifacts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { liveSocket } from './live-socket.js';
import { type Services, startServices } from './services.js';

const EVENTS = 250;
const MAX_P99_MS = 50;
const ATTEMPTS = 2;
const CHANGED = 'subscription ($id: ID!) { requestChanged(id: $id) { cursor request { id state waitingFor needsMe } events { seq text } } }';
const LOG = 'subscription ($id: ID!) { logAppended(id: $id) { offset text next } }';
const INBOX = 'subscription { inboxChanged { needsMe cursor } }';

let services: Services;
let token: string;

beforeAll(async () => {
  services = await startServices({ temporal: { address: '127.0.0.1:9', namespace: 'default' } });
  token = await services.tokenFor('reviewer');
}, 120_000);

afterAll(() => services?.close(), 60_000);

const told = (requestId: string): Promise<unknown> => services.asWorker.call('live.logAppended', { requestId });

async function tenant(): Promise<string> {
  return ((await services.ask(token, '{ me { tenant } }')) as { me: { tenant: string } }).me.tenant;
}

/** As services/requests stores one: an engine and a repository play no part in what is measured. */
async function aRequest(id: string): Promise<string> {
  await services.database.query(
    `INSERT INTO request (id, tenant_id, project_id, project_name, title, body, requester_id, state, phase, requester_may_approve,
       owner_workflow_id, limits, planned_limits, usage, limits_not_enforced, version, created_at, updated_at)
     VALUES ($1, $2, 'p1', 'sample', 'Rename a', '', 'somebody', 'EXECUTING', 'running', false, $1, '{}', '{}', '{}', '[]', 1, now(), now())`,
    [id, await tenant()],
  );
  return id;
}

const percentile = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;

/** Tries again where the machine was busy with something else: the figure that counts is one run's own, not the best of its events. */
async function atMost50(name: string, measure: () => Promise<number[]>): Promise<void> {
  let p99 = NaN;
  for (let attempt = 1; attempt <= ATTEMPTS && !(p99 <= MAX_P99_MS); attempt += 1) {
    const loop = monitorEventLoopDelay({ resolution: 1 });
    loop.enable();
    const sorted = (await measure()).sort((a, b) => a - b);
    p99 = percentile(sorted, 0.99);
    process.stdout.write(`${name}: ${sorted.length} deliveries, p50 ${percentile(sorted, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (attempt ${attempt}); the process itself was late by ${(loop.percentile(50) / 1e6).toFixed(1)} ms at p50, ${(loop.percentile(99) / 1e6).toFixed(1)} ms at p99\n`);
    loop.disable();
  }
  expect(p99).toBeLessThanOrEqual(MAX_P99_MS);
}

/**
 * Milliseconds from just before the writing transaction's statement was sent (so with its commit) to the arrival of the
 * event at a client of the gateway's socket: Postgres, services/requests, services/projects and the gateway are real, with
 * real RPC between them, in one process on one machine; fsync is off as in every test.
 */
describe('from a commit to its subscribers', () => {
  it('a change takes at most 50 ms at p99', async () => {
    let round = 0;
    await atMost50('requestChanged', async () => {
      const id = await aRequest(`changed-${(round += 1)}`);
      const changed = await liveSocket(services.gateway.url, token, CHANGED, { id });
      const inbox = await liveSocket(services.gateway.url, token, INBOX);
      const sent: number[] = [];
      const seqOf = (event: { data: Record<string, unknown> }) => (event.data['requestChanged'] as { events: { seq: number }[] }).events.map(({ seq }) => seq);
      const tenantId = await tenant();
      for (let seq = 1; seq <= EVENTS; seq += 1) {
        sent[seq] = performance.now();
        await services.database.query(
          `WITH r AS (UPDATE request SET version = version + 1 WHERE id = $1)
           INSERT INTO request_event (request_id, seq, tenant_id, type, text, data, at) VALUES ($1, $2, $3, 'note', 'n', '{}', now())`,
          [id, seq, tenantId],
        );
        await sleep(20 + Math.random() * 30);
      }
      const { events } = changed;
      await changed.until(() => events.some((event) => seqOf(event).includes(EVENTS)));
      changed.close();
      inbox.close();
      const seen = events.flatMap((event) => seqOf(event).map((seq) => ({ seq, at: event.at })));
      expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: EVENTS }, (_, index) => index + 1));
      return seen.map(({ seq, at }) => at - (sent[seq] ?? NaN));
    });
  }, 120_000);

  it('a piece of log that is told of takes at most 50 ms at p99', async () => {
    let round = 0;
    await atMost50('logAppended', async () => {
      const id = await aRequest(`log-${(round += 1)}`);
      const { events, until, close } = await liveSocket(services.gateway.url, token, LOG, { id });
      const log = new RunningLog({ dir: join(services.dir, 'logs'), requestId: id });
      const delays: number[] = [];
      const end = (): number => (events.at(-1)?.data['logAppended'] as { next: number }).next;
      for (let count = 0; count < 120; count += 1) {
        // Apart by more than the rest that a busy log is given.
        await sleep(105);
        const line = `line ${count}\n`;
        const from = end();
        await log.append(line);
        // It is stored now, which is what a commit is to a row.
        const begun = performance.now();
        await told(id);
        await until(() => end() === from + line.length);
        delays.push((events.at(-1)?.at ?? NaN) - begun);
      }
      close();
      return delays;
    });
  }, 120_000);
});
