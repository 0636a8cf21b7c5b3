import type { ModelChoice, ModelStage } from '@countersign/domain';
import type { EgressBrokers } from '@countersign/egress';
import type { ImageChoice, SandboxCache, SandboxLimits } from '@countersign/sandbox';
import type { ApprovalEvidencePort, Briefing, RequestRecordsPort, RunRef } from '@countersign/workflow-contracts';

import type { AgentGuards } from './guards.js';
import type { AgentWorkspaces } from './ports/agent-workspace.port.js';
import type { JournalPort } from './ports/journal.port.js';
import type { LanguageModelPort } from './ports/language-model.port.js';
import type { ArtifactWriterPort, RunningLogPort } from './ports/running-log.port.js';
import type { ToolSandboxPort } from './ports/tool-sandbox.port.js';

export type AgentLimits = {
  readonly sandbox: SandboxLimits;
  /** For one call of a file tool. */
  readonly toolTimeoutMs: number;
  /** For one search, which answers then with what it has found. */
  readonly searchTimeoutMs: number;
  /** For one command of the plan. */
  readonly commandTimeoutMs: number;
  /** Model calls of one run; more is a model that does not come to an end. */
  readonly maxSteps: number;
  /** Recipes and search leave larger files alone and say so. */
  readonly maxFileBytes: number;
  /** Of a tool's answer; a dry run over many files is long. */
  readonly maxAnswerBytes: number;
  /** Of each stream of a command: what is kept, of which a model is shown head and tail. */
  readonly maxCommandOutputBytes: number;
  /** The activity's heartbeat timeout is 10 s. */
  readonly heartbeatMs: number;
};

export const DEFAULT_AGENT_LIMITS: AgentLimits = {
  sandbox: { memoryMb: 2048, cpus: 2, pids: 512, fileMb: 1024, tmpMb: 512 },
  toolTimeoutMs: 10 * 60_000,
  searchTimeoutMs: 20_000,
  commandTimeoutMs: 30 * 60_000,
  maxSteps: 500,
  maxFileBytes: 1024 * 1024,
  maxAnswerBytes: 16 * 1024 * 1024,
  maxCommandOutputBytes: 2 * 1024 * 1024,
  heartbeatMs: 2000,
};

export type AgentProgress = { readonly step: number };

export type InstalledOrder = {
  readonly requestId: string;
  readonly project: Briefing['project'];
  readonly folder: string;
  readonly base: string;
  readonly commit: string;
  readonly onProgress: (sentence: string) => void;
  readonly signal: AbortSignal;
};

export type AgentDeps = {
  readonly records: RequestRecordsPort;
  readonly evidence: ApprovalEvidencePort;
  readonly guards: AgentGuards;
  /** By what the project chose. @throws AppError MODEL_NOT_CONFIGURED saying what to set. */
  readonly model: (stage: ModelStage, project: ModelChoice) => LanguageModelPort;
  readonly sandbox: ToolSandboxPort;
  /** The way out for the project's commands, where its settings allow one. */
  readonly egress: EgressBrokers;
  readonly workspaces: AgentWorkspaces;
  readonly artifacts: ArtifactWriterPort;
  readonly journal: JournalPort;
  /** Takes what looks like a secret out of text. */
  readonly redact: (text: string) => string;
  readonly log: (requestId: string) => RunningLogPort;
  /** These three answer for the activity that is running at the call. */
  readonly run: () => RunRef;
  readonly signal: () => AbortSignal;
  readonly heartbeat: (progress: AgentProgress) => void;
  /** Folder of the host made by `materialiseTools`. */
  readonly toolsDir: string;
  /** Which image the project's commands run in. */
  readonly images: ImageChoice;
  /**
   * Puts what setup left on the base into a fresh folder, if that is kept and still right for the commit, and what package
   * managers downloaded beside it, for the sandbox of the project's commands; undefined where the project has no setup.
   */
  readonly installed: (order: InstalledOrder) => Promise<SandboxCache | undefined>;
  /** The image that our tools run in. */
  readonly toolsImage: string;
  readonly limits: AgentLimits;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};
