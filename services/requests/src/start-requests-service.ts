import { join } from 'node:path';

import { DiskArtifactStore } from '@countersign/artifacts';
import { projectsRpc } from '@countersign/contracts';
import {
  connectTemporal,
  dataSourceOptions,
  type Logger,
  outageNotes,
  type Refusals,
  RpcClient,
  type RpcServer,
  rpcWithServiceToken,
  runMigrations,
  type ServiceTokens,
  startRpcServer,
  type TemporalSettings,
  type TokenVerifier,
  WorkerHost,
} from '@countersign/platform';
import { namespaced, QUEUES } from '@countersign/workflow-contracts';

import { RecordsStore } from './database/records-store.repository.js';
import { REQUESTS_DATABASE } from './database/requests-database.js';
import { RunningLogAdapter } from './document/running-log.adapter.js';
import { GUARDS } from './guards.js';
import { currentCall } from './lifecycle/current-call.js';
import type { Clock } from './lifecycle/fence.js';
import { TemporalLifecycleAdapter } from './lifecycle/temporal-lifecycle.adapter.js';
import { LiveListenerAdapter } from './live/live-listener.adapter.js';
import { RpcProjectsAdapter } from './people/rpc-projects.adapter.js';
import { LOG_DATABASE } from './log/database/log-database.js';
import { DiskCheckpointKeeper } from './log/disk-checkpoint-keeper.adapter.js';
import { recoveryEntry } from './log/enter-recovery.js';
import { examineLog } from './log/examine-log.js';
import { ExportFiles } from './log/export-files.js';
import { TransparencyLog } from './log/transparency-log.js';
import { DEFAULT_REQUESTS_SETTINGS, type RequestsSettings, type Wired, wire, wireIntegrity } from './requests-parts.js';
import { RequestsModule } from './rpc/requests.module.js';
import { FileKeyStore } from './signing/file-key-store.adapter.js';
import { KeyRing } from './signing/key-ring.js';

export type RequestsServiceDeps = {
  /** `url`: the service's own role; `ownerUrl`: for migrations only. */
  readonly postgres: { readonly url: string; readonly ownerUrl: string };
  /** Port 0 takes a free one. */
  readonly rpc: { readonly host: string; readonly port: number };
  /** Where services/projects answers. */
  readonly projects: { readonly host: string; readonly port: number };
  readonly temporal: TemporalSettings;
  readonly tokens: Pick<ServiceTokens, 'issue'>;
  readonly verifier: Pick<TokenVerifier, 'verify'>;
  readonly artifactsDir: string;
  readonly logsDir: string;
  /** Private keys that sign decisions and the log (mode 0700). */
  readonly keysDir: string;
  /** The transparency log: its own role, and the owner for migrations. */
  readonly log: {
    readonly postgres: { readonly url: string; readonly ownerUrl: string };
    /** COUNTERSIGN_ORIGIN: names the logs of this installation, for good. */
    readonly origin: string;
    /** Bundles for auditors, until they are read. */
    readonly exportsDir: string;
  };
  readonly logger: Logger;
  /** Counts who is refused at the RPC port. */
  readonly refusals?: Refusals;
  /** What is left out has its default. */
  readonly settings?: Partial<RequestsSettings> & { readonly consoleUrl?: string };
};

export type RequestsService = {
  readonly host: string;
  readonly port: number;
  /** The public half of the root key, raw: what workers and auditors pin. */
  readonly rootKey: Uint8Array;
  /** Ends calls first, then activities and deliveries, then the connections. Safe to call twice. */
  close(): Promise<void>;
};

/**
 * Migrates the schema `requests`, answers `requestsRpc`, delivers the outbox and hosts `records.*` on the queue
 * `requests`. Temporal may come later; Postgres must be there.
 */
export async function startRequestsService(deps: RequestsServiceDeps): Promise<RequestsService> {
  const { postgres, rpc, verifier, logger } = deps;
  const settings = { ...DEFAULT_REQUESTS_SETTINGS, ...deps.settings };
  await runMigrations(dataSourceOptions({ url: postgres.ownerUrl, ...REQUESTS_DATABASE }));
  await runMigrations(dataSourceOptions({ url: deps.log.postgres.ownerUrl, ...LOG_DATABASE }));
  const store = await RecordsStore.open(postgres.url);
  const temporal = connectTemporal(deps.temporal);
  const people = new RpcClient(projectsRpc, deps.projects);
  const clock = (): Date => new Date();
  const keys = await KeyRing.open({ store, keys: new FileKeyStore(deps.keysDir), clock });
  const projects = new RpcProjectsAdapter(rpcWithServiceToken(people, deps.tokens, 'projects'));
  const log = logOf(deps, { store, keys, clock });
  const files = new ExportFiles(deps.log.exportsDir);
  await files.prepare();
  const parts = wire({
    store,
    keys,
    log: log.reader,
    lifecycle: new TemporalLifecycleAdapter(temporal, deps.temporal.namespace),
    projects,
    artifacts: new DiskArtifactStore(deps.artifactsDir),
    logs: new RunningLogAdapter(deps.logsDir),
    clock,
    call: currentCall,
    logger,
    settings,
    guards: GUARDS,
  });
  const worker = workerOf(deps, parts);
  const listener = new LiveListenerAdapter(parts.hub, { url: postgres.url, logger });
  let server: RpcServer | undefined;
  const closeAll = async (): Promise<void> => {
    // Whoever waits for a change is answered, or the server would wait for them.
    parts.hub.close();
    await listener.close();
    await server?.close();
    await worker.stop();
    await parts.outbox.close();
    await log.close();
    await files.close();
    people.close();
    await temporal.close();
    await store.close();
  };
  try {
    server = await startRpcServer({ ...rpc, module: RequestsModule.of({ ...parts, ...wireIntegrity({ store, projects, keys, clock, guards: GUARDS, log, files }) }), verifier, logger, ...refusedBy(deps) });
  } catch (error) {
    await closeAll();
    throw error;
  }
  parts.outbox.start();
  log.start();
  store.afterWrite(() => log.nudge());
  void listener.start();
  void worker.start();
  let closing: Promise<void> | undefined;
  return { host: server.host, port: server.port, rootKey: keys.root, close: () => (closing ??= closeAll()) };
}

function refusedBy({ refusals }: RequestsServiceDeps) {
  return refusals ? { refused: refusals.at('rpc:requests') } : {};
}

function logOf({ log, artifactsDir, logger }: RequestsServiceDeps, { store, keys, clock }: { readonly store: RecordsStore; readonly keys: KeyRing; readonly clock: Clock }): TransparencyLog {
  return new TransparencyLog({
    url: log.postgres.url,
    origin: log.origin,
    keys,
    beforeTree: (tenantId) => keys.enterFor(tenantId),
    enterRecovery: recoveryEntry(store, clock),
    keeper: new DiskCheckpointKeeper(join(artifactsDir, 'checkpoints')),
    examine: examineLog,
    clock,
    logger,
  });
}

function workerOf({ temporal, logger }: RequestsServiceDeps, { records, activities }: Wired): WorkerHost {
  const interceptors = [outageNotes((call, waitingFor) => activities.noteOutage(call, waitingFor))];
  return new WorkerHost({ ...temporal, taskQueue: QUEUES.requests, activities: namespaced('records', records), interceptors, logger });
}
