import type { ArtifactRef } from '@countersign/domain';
import type { EgressBrokers } from '@countersign/egress';
import type { ImageChoice, SandboxLimits, SandboxPort } from '@countersign/sandbox';
import type { RequestRecordsPort, RunRef } from '@countersign/workflow-contracts';

import type { DependencyCache } from '../cache/dependency-cache.js';
import type { CheckWorkspaces } from '../ports/check-workspaces.port.js';

export type CheckLimits = {
  readonly sandbox: SandboxLimits;
  /** For setup and for test, each. */
  readonly commandTimeoutMs: number;
  /** Kept of a command's output: its start and its end. */
  readonly maxOutputBytes: number;
  /** Between heartbeats while a command runs; the activity's heartbeat timeout is 10 s. */
  readonly heartbeatMs: number;
};

export const DEFAULT_CHECK_LIMITS: CheckLimits = {
  sandbox: { memoryMb: 2048, cpus: 2, pids: 512, fileMb: 1024, tmpMb: 512 },
  commandTimeoutMs: 20 * 60_000,
  maxOutputBytes: 4 * 1024 * 1024,
  heartbeatMs: 3000,
};

export type SandboxDeps = {
  readonly records: RequestRecordsPort;
  readonly sandbox: SandboxPort;
  /** The way out of a sandbox, where the project's settings allow one. */
  readonly egress: EgressBrokers;
  readonly workspaces: CheckWorkspaces;
  readonly artifacts: { put(bytes: Uint8Array, about: { readonly name: string; readonly mediaType: string }): Promise<ArtifactRef> };
  /** The request's running log, which redacts by itself. */
  readonly log: (requestId: string) => { append(text: string): Promise<void> };
  /** Takes secrets out of what goes to the artifact store: the running log's own. */
  readonly redact: (text: string) => string;
  readonly images: ImageChoice;
  readonly dependencies: Pick<DependencyCache, 'prepare' | 'watch' | 'discard'>;
  readonly limits: CheckLimits;
  /** These three answer for the activity that is running at the call. */
  readonly run: () => RunRef;
  readonly signal: () => AbortSignal | undefined;
  readonly heartbeat: (details?: unknown) => void;
};
