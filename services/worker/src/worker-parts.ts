import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type LanguageModelPort, languageModels, materialiseTools, type ModelSettings, parsePriceTable, type ToolsDirInput } from '@countersign/activity-agent';
import { DependencyCache } from '@countersign/activity-sandbox';
import { type ArtifactStore, DiskArtifactStore } from '@countersign/artifacts';
import { requestsRpc } from '@countersign/contracts';
import { AppError, type ModelChoice } from '@countersign/domain';
import { egressBrokers, type EgressBrokers, type EgressInstallation } from '@countersign/egress';
import { BareRepository, type Git, makeGit, type ProcessRunner, TreeCache } from '@countersign/git';
import { type Logger, RpcClient, rpcWithServiceToken, runMigrations, type ServiceTokens, type TemporalSettings } from '@countersign/platform';
import { type ImageChoice, type ImageProvisioner, ProjectImages, type SandboxLimits, type SandboxPort } from '@countersign/sandbox';
import type { ApprovalEvidencePort, RequestRecordsPort } from '@countersign/workflow-contracts';

import { openWorkerDatabase, workerDatabase } from './database/worker-database.js';
import { PinnedKeys } from './evidence/pinned-keys.js';
import { RpcApprovalEvidence } from './evidence/rpc-approval-evidence.adapter.js';
import { SeenKeys } from './evidence/seen-keys.repository.js';
import { TypeOrmJournal } from './journal/journal.repository.js';
import { LogHints } from './log/log-hints.js';
import { RunningLogs } from './log/running-logs.js';
import { RpcRequestRecords } from './records/rpc-request-records.adapter.js';
import { workerSandbox, type WorkerSandboxDeps } from './worker-sandbox.js';

export type WorkerServiceDeps = {
  /** `url`: the worker's own role; `ownerUrl`: for migrations only. */
  readonly postgres: { readonly url: string; readonly ownerUrl: string };
  readonly temporal: TemporalSettings;
  /** Where services/requests answers. */
  readonly requests: { readonly host: string; readonly port: number };
  /** The raw 32 bytes of the root key that approvals are verified under. */
  readonly rootKey: Uint8Array;
  /** Of the service `worker`. */
  readonly tokens: Pick<ServiceTokens, 'issue'>;
  readonly logger: Logger;
  /** Holds `workspaces/`, `tools/` and `cache/`. */
  readonly dataDir: string;
  /** Running logs of requests; services/requests reads them there. */
  readonly logsDir: string;
  readonly artifactsDir: string;
  /** Home and configuration of our own git. */
  readonly gitHomeDir: string;
  /** Who starts git; by default the service itself. */
  readonly runGit?: ProcessRunner;
  /** What `write-bundle` made. */
  readonly bundlePath: string;
  /** The built package of the agent, whose tool program runs in the sandbox. */
  readonly tools: Pick<ToolsDirInput, 'packageDist' | 'resolveFrom'>;
  readonly sandbox: WorkerSandboxDeps & {
    /** Makes images for projects with the image `auto`; absent: there are none. */
    readonly provisioner?: ImageProvisioner;
    readonly limits?: SandboxLimits;
  };
  /** What is put into requests of sandboxes, and whom they may reach. */
  readonly egress: Pick<EgressInstallation, 'credentialsFile' | 'extraCaFile' | 'privateHosts'>;
  /** What the installation chose, and how its providers are reached. */
  readonly models: Omit<ModelSettings, 'prices' | 'timeouts'> & {
    readonly choice: ModelChoice;
    /** JSON: rows that come before the shipped prices. */
    readonly pricesFile?: string;
  };
  /** The page where people see a request. */
  readonly requestUrl: (requestId: string) => string;
  /** Who posts reviews. */
  readonly reviewer: { readonly name: string };
  readonly settings: {
    readonly repoRoots: readonly string[];
    readonly allowPrivateHosts: boolean;
    readonly sshAuthSock?: string;
    /** What the files kept for the next workspace of a repository may take; what setup installed, as much again. */
    readonly workspaceCacheBytes: number;
    /** How long running activities may finish at a stop before they are cancelled; they go on at the next start. */
    readonly shutdownGraceMs?: number;
  };
};

/** What activities are made of, each constructed once. */
export type WorkerParts = {
  readonly records: RequestRecordsPort;
  readonly evidence: ApprovalEvidencePort;
  readonly journal: TypeOrmJournal;
  readonly artifacts: ArtifactStore;
  readonly logs: RunningLogs;
  readonly git: Git;
  readonly trees: TreeCache;
  readonly images: ImageChoice;
  readonly dependencies: DependencyCache;
  readonly sandbox: SandboxPort;
  readonly egress: EgressBrokers;
  readonly toolsDir: string;
  /** By `provider:model`. @throws AppError MODEL_NOT_CONFIGURED saying what to set. */
  readonly models: (id: string) => LanguageModelPort;
  close(): Promise<void>;
};

async function modelsOf({ pricesFile, choice: _, ...settings }: WorkerServiceDeps['models']): Promise<WorkerParts['models']> {
  if (pricesFile === undefined) return languageModels(settings);
  const text = await readFile(pricesFile, 'utf8').catch((cause: unknown) => {
    throw new AppError('CONFIG_INVALID', `The table of prices ${pricesFile} cannot be read.`, { cause });
  });
  return languageModels({ ...settings, prices: parsePriceTable(text, pricesFile) });
}

/** @throws AppError CONFIG_INVALID for a wrong table of prices, PART_MISSING where the tool program is not built; DATABASE_UNAVAILABLE. */
export async function openWorkerParts(deps: WorkerServiceDeps): Promise<WorkerParts> {
  const { dataDir, sandbox, settings, tokens } = deps;
  const models = await modelsOf(deps.models);
  const toolsDir = await materialiseTools({ targetDir: join(dataDir, 'tools'), ...deps.tools });
  const git = await makeGit({ homeDir: deps.gitHomeDir, run: deps.runGit, sshAuthSock: settings.sshAuthSock });
  await runMigrations(workerDatabase(deps.postgres.ownerUrl));
  const database = await openWorkerDatabase(deps.postgres.url);
  const journal = new TypeOrmJournal(database);
  const client = new RpcClient(requestsRpc, deps.requests);
  const requests = rpcWithServiceToken(client, tokens, 'requests');
  const trees = new TreeCache({ dir: join(dataDir, 'cache', 'trees'), maxBytes: settings.workspaceCacheBytes, spares: true });
  const dependencies = new DependencyCache(new TreeCache({ dir: join(dataDir, 'cache', 'dependencies'), maxBytes: settings.workspaceCacheBytes, minBytes: 0 }));
  const hints = new LogHints((requestId) => requests.call('live.logAppended', { requestId }));
  const logs = new RunningLogs(deps.logsDir, (requestId) => hints.grown(requestId));
  const egress = egressBrokers({ dir: join(dataDir, 'egress'), ...deps.egress });
  await egress.sweep();
  const engine = workerSandbox(dataDir, sandbox);
  const images = new ProjectImages({
    sandbox: engine,
    defaultImage: sandbox.image,
    ...(sandbox.provisioner && { provisioner: sandbox.provisioner }),
    paths: (bare, commit) => new BareRepository(git, bare).paths(commit),
  });
  return {
    records: new RpcRequestRecords(requests),
    evidence: new RpcApprovalEvidence(requests, new PinnedKeys(deps.rootKey, new SeenKeys(database, deps.rootKey))),
    journal,
    artifacts: new DiskArtifactStore(deps.artifactsDir),
    logs,
    git,
    trees,
    images,
    dependencies,
    sandbox: engine,
    egress,
    toolsDir,
    models,
    async close() {
      await logs.close();
      hints.close();
      client.close();
      await database.destroy();
    },
  };
}
