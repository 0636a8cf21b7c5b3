import { join } from 'node:path';

import { materialiseTools, type ToolsDirInput } from '@countersign/activity-agent';
import { DockerSandboxAdapter, type SandboxLimits, type SandboxPort } from '@countersign/activity-sandbox';
import { type ArtifactStore, DiskArtifactStore } from '@countersign/artifacts';
import { requestsRpc } from '@countersign/contracts';
import { type Git, makeGit } from '@countersign/git';
import { type Logger, RpcClient, rpcWithServiceToken, runMigrations, type ServiceTokens, type TemporalSettings } from '@countersign/platform';
import type { ApprovalEvidencePort, RequestRecordsPort } from '@countersign/workflow-contracts';

import { TypeOrmJournal, workerDatabase } from './journal/journal.repository.js';
import { RunningLogs } from './log/running-logs.js';
import { RpcApprovalEvidence } from './records/rpc-approval-evidence.adapter.js';
import { RpcRequestRecords } from './records/rpc-request-records.adapter.js';

export type WorkerServiceDeps = {
  /** `url`: the worker's own role; `ownerUrl`: for migrations only. */
  readonly postgres: { readonly url: string; readonly ownerUrl: string };
  readonly temporal: TemporalSettings;
  /** Where services/requests answers. */
  readonly requests: { readonly host: string; readonly port: number };
  /** Of the service `worker`. */
  readonly tokens: Pick<ServiceTokens, 'issue'>;
  readonly logger: Logger;
  /** Holds `workspaces/` and `tools/`. */
  readonly dataDir: string;
  /** Running logs of requests; services/requests reads them there. */
  readonly logsDir: string;
  readonly artifactsDir: string;
  /** Home and configuration of our own git. */
  readonly gitHomeDir: string;
  /** What `write-bundle` made. */
  readonly bundlePath: string;
  /** The built package of the agent, whose tool program runs in the sandbox. */
  readonly tools: Pick<ToolsDirInput, 'packageDist' | 'resolveFrom'>;
  readonly sandbox: {
    /** Runs our tools, and the commands of projects that name no image. */
    readonly image: string;
    /** Tells apart installations that share an engine. */
    readonly installation: string;
    readonly limits?: SandboxLimits;
    /** `unix:///path` or `tcp://host:port`. */
    readonly dockerHost?: string;
  };
  /** The page where people see a request. */
  readonly requestUrl: (requestId: string) => string;
  /** Who posts reviews. */
  readonly reviewer: { readonly name: string };
  readonly settings: {
    readonly repoRoots: readonly string[];
    readonly allowPrivateHosts: boolean;
    readonly sshAuthSock?: string;
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
  readonly sandbox: SandboxPort;
  readonly toolsDir: string;
  close(): Promise<void>;
};

/** @throws AppError PART_MISSING where the tool program is not built; DATABASE_UNAVAILABLE. */
export async function openWorkerParts(deps: WorkerServiceDeps): Promise<WorkerParts> {
  const { dataDir, sandbox, settings, tokens } = deps;
  const toolsDir = await materialiseTools({ targetDir: join(dataDir, 'tools'), ...deps.tools });
  const git = await makeGit({ homeDir: deps.gitHomeDir, ...(settings.sshAuthSock === undefined ? {} : { sshAuthSock: settings.sshAuthSock }) });
  await runMigrations(workerDatabase(deps.postgres.ownerUrl));
  const journal = await TypeOrmJournal.connect(deps.postgres.url);
  const client = new RpcClient(requestsRpc, deps.requests);
  const requests = rpcWithServiceToken(client, tokens, 'requests');
  const logs = new RunningLogs(deps.logsDir);
  return {
    records: new RpcRequestRecords(requests),
    evidence: new RpcApprovalEvidence(requests),
    journal,
    artifacts: new DiskArtifactStore(deps.artifactsDir),
    logs,
    git,
    sandbox: new DockerSandboxAdapter({
      installation: sandbox.installation,
      ...(sandbox.dockerHost === undefined ? {} : { host: sandbox.dockerHost }),
    }),
    toolsDir,
    async close() {
      await logs.close();
      client.close();
      await journal.disconnect();
    },
  };
}
