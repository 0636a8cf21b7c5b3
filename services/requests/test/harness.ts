import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ArtifactRef, Facts, Gate, ProjectSettings, Viewer } from '@countersign/domain';
import { aPlan, aSpec } from '@countersign/domain/testing';
import { createLogger, dataSourceOptions, ensureDatabase, type PersonCaller, runMigrations } from '@countersign/platform';
import { createDatabase } from '@countersign/testing';
import type { OpenGateResult, RunRef } from '@countersign/workflow-contracts';
import pg from 'pg';

import { RecordsStore } from '../src/database/records-store.repository.js';
import { REQUESTS_DATABASE } from '../src/database/requests-database.js';
import { GUARDS, type Guards } from '../src/guards.js';
import type { Call, Clock } from '../src/lifecycle/fence.js';
import { FakeLifecycle } from '../src/lifecycle/lifecycle.fake.js';
import type { LifecyclePort } from '../src/lifecycle/lifecycle.port.js';
import type { LogPort } from '../src/log/log.port.js';
import { FileKeyStore } from '../src/signing/file-key-store.adapter.js';
import { KeyRing } from '../src/signing/key-ring.js';
import { aPerson, aProject, FakeProjects } from '../src/testing/projects.fake.js';
import { DEFAULT_REQUESTS_SETTINGS, type RequestsSettings, wire } from '../src/requests-parts.js';

const COMMIT = 'a'.repeat(40);
const HEAD = 'b'.repeat(40);
const TREE = 'c'.repeat(40);
export const PATCH: ArtifactRef = { sha256: 'e'.repeat(64), bytes: 6, name: 'diff.patch', mediaType: 'text/x-diff' };

export const FACTS = {
  spec: { spec: aSpec(), author: 'offline' },
  plan: { plan: aPlan(), baseCommit: COMMIT },
  execution: {
    attempt: 1,
    baseCommit: COMMIT,
    headCommit: HEAD,
    tree: TREE,
    steps: 1,
    diff: PATCH,
    files: [],
    limitsNotEnforced: ['disk'],
  },
  checks: { commit: HEAD, verdict: 'passed', results: [] },
  measure: {
    headCommit: HEAD,
    addedLines: 1,
    removedLines: 1,
    files: [],
    pathsOutsidePlan: [],
    secrets: 0,
    ciOrDependencyFiles: [],
    findings: [],
  },
} satisfies Partial<Facts>;

export type Harness = Awaited<ReturnType<typeof harness>>;

/** A log in which everything lies at once. */
function aLog(): LogPort {
  return {
    placesOf: (_tenantId, payloads) => Promise.resolve(new Map(payloads.map((payload, index) => [payload, { origin: 'countersign.test/log/t1/1', index, entry: Buffer.alloc(0) }]))),
    faultOf: () => Promise.resolve(null),
  };
}

/** The service on a fresh real database, with people, projects and engine in memory. */
export async function harness(over: Partial<RequestsSettings> = {}, real: { readonly lifecycle?: LifecyclePort; readonly call?: () => Call; readonly clock?: Clock; readonly log?: LogPort; readonly guards?: Partial<Guards> } = {}) {
  const adminUrl = await createDatabase('requests');
  const rolePrefix = `t${randomBytes(4).toString('hex')}`;
  const ensured = await ensureDatabase({ adminUrl, services: ['requests', 'log'].map((name) => ({ name, schema: name, password: 'x' })), rolePrefix });
  await runMigrations(dataSourceOptions({ url: ensured.ownerUrl, ...REQUESTS_DATABASE }));
  const serviceUrl = ensured.serviceUrl('requests');
  const store = await RecordsStore.open(serviceUrl);
  const lifecycle = new FakeLifecycle();
  const projects = new FakeProjects();
  projects.setProject(aProject());
  projects.add(
    aPerson('requester'),
    aPerson('reviewer'),
    aPerson('second'),
    aPerson('maintainer', { grants: [{ role: 'maintainer', project: '*' }] }),
    aPerson('admin', { grants: [{ role: 'admin', project: '*' }] }),
    aPerson('observer', { grants: [{ role: 'observer', project: '*' }] }),
  );
  let now = Date.parse('2026-11-21T00:00:00.000Z');
  let calls = 0;
  const owner: { run: RunRef; key: string | null } = { run: { workflowId: '', runId: 'run-1' }, key: null };
  const keysDir = await mkdtemp(join(tmpdir(), 'countersign-keys-'));
  const keys = await KeyRing.open({ store, keys: new FileKeyStore(keysDir), clock: real.clock ?? (() => new Date(now)) });
  const parts = wire({
    store,
    keys,
    log: real.log ?? aLog(),
    lifecycle: real.lifecycle ?? lifecycle,
    projects,
    artifacts: { read: async () => Buffer.from('+added') },
    logs: { read: async () => ({ text: '', next: 0, ended: true }) },
    clock: real.clock ?? (() => new Date((now += 10))),
    call: real.call ?? (() => ({ run: owner.run, key: owner.key ?? `${owner.run.runId}/${(calls += 1)}` })),
    logger: createLogger('test', 'silent'),
    settings: { ...DEFAULT_REQUESTS_SETTINGS, decideDeadlineMs: 50, ...over },
    guards: { ...GUARDS, ...real.guards },
  });

  const as = (id: string, more: Partial<PersonCaller> = {}): PersonCaller => ({
    kind: 'person',
    issuer: 'https://issuer.test',
    subject: id,
    clientId: 'console',
    amr: ['pwd'],
    token: 'token',
    ...more,
  });
  const actAs = (requestId: string, runId = 'run-1'): void => {
    owner.run = { workflowId: `request-${requestId}`, runId };
  };
  const h = {
    ...parts,
    keys,
    keysDir,
    adminUrl,
    ownerUrl: ensured.ownerUrl,
    serviceUrl,
    logUrl: ensured.serviceUrl('log'),
    store,
    lifecycle,
    projects,
    owner,
    as,
    actAs,
    advance: (ms: number): void => void (now += ms),
    setSettings: (settings: Partial<ProjectSettings>): void => projects.setProject(aProject({ settings })),
    person: (id: string): Viewer => aPerson(id, { grants: [{ role: id === 'admin' ? 'admin' : 'reviewer', project: '*' }] }),
    suspend: (id: string): void => {
      const person = projects.everyone.find(({ personId }) => personId === id) as Viewer;
      projects.add({ ...person, active: false });
    },
    /** A request whose first run has begun. */
    create: async (requester = 'requester'): Promise<string> => {
      const { id } = await parts.requests.create(as(requester), { project: 'sample', title: 'Rename a', body: 'rename a to b' });
      actAs(id);
      await parts.records.begin({ requestId: id });
      return id;
    },
    put: <Kind extends keyof Facts>(requestId: string, kind: Kind, data: Facts[Kind], key: string = kind): Promise<{ id: string }> =>
      parts.activities.putFact({ requestId, run: owner.run, kind, key, data: data as never, artifacts: kind === 'execution' ? [PATCH] : [] }),
    open: (requestId: string, gate: Gate, reopened?: { code: string }): Promise<OpenGateResult> =>
      parts.records.openGate({ requestId, gate, facts: {}, ...(reopened && { reopened }) }),
    /** Brings a fresh request to an open plan gate and answers its digest. */
    toPlanReview: async (requestId: string): Promise<string> => {
      await h.put(requestId, 'spec', FACTS.spec);
      await h.open(requestId, 'spec');
      await h.put(requestId, 'plan', FACTS.plan);
      const opened = await h.open(requestId, 'plan');
      return opened.outcome === 'open' ? opened.digest : '';
    },
    anotherPlan: (): Facts['plan'] => ({ ...FACTS.plan, plan: aPlan({ summary: 'another way' }) }),
    vote: (requestId: string, person: string, gate: Gate, digest: string, verdict: 'approve' | 'reject' | 'request-changes' = 'approve') =>
      parts.decisions.decide(as(person), { id: requestId, gate, digest, verdict, reason: verdict === 'approve' ? null : 'because' }),
    /** SQL as a superuser. */
    asOwner: async <Row>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> => {
      const client = new pg.Client({ connectionString: adminUrl });
      await client.connect();
      try {
        return (await client.query(sql, [...values])).rows as Row[];
      } finally {
        await client.end();
      }
    },
    close: async (): Promise<void> => {
      await parts.outbox.close();
      await store.close();
      await rm(keysDir, { recursive: true });
    },
  };
  return h;
}
