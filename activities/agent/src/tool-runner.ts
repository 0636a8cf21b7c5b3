import { AppError, isErrorCode } from '@countersign/domain';
import { toldImageOf, type ExecResult, type SandboxCache, type SandboxEgress, type SandboxSpec } from '@countersign/sandbox';
import { z } from 'zod';

import type { AgentDeps } from './agent-deps.js';
import type { AgentRun } from './agent-run.js';
import { commandAnswer } from './command-answer.js';
import type { ToolSandboxSession } from './ports/tool-sandbox.port.js';
import { ProjectNetwork } from './project-network.js';
import { TOOLS_MOUNT, WORKSPACE_MOUNT, type FileTool, type ToolAnswer, type ToolRequest, type TrackedEntry } from './tools/tool-protocol.js';

const PROGRAM = ['/usr/local/bin/node', '--disable-warning=ExperimentalWarning', `${TOOLS_MOUNT}/tools/main.js`];
const MAX_STDERR_CHARS = 500;

const answerSchema = z.union([
  z.object({ ok: z.literal(true), value: z.unknown(), full: z.string().exactOptional() }),
  z.object({ ok: z.literal(false), code: z.string().refine(isErrorCode), message: z.string().max(20_000) }),
]);

function failed(message: string): ToolAnswer {
  return { ok: false, code: 'TOOL_FAILED', message };
}

/** What runs in the sandbox may print anything: only an answer of the agreed shape is taken. */
function readAnswer(result: ExecResult): ToolAnswer {
  if (result.timedOut) return failed('The tool ran out of time; ask for less at once, or for a simpler pattern');
  if (result.exitCode !== 0) {
    return failed(`The tool ended with ${result.exitCode ?? 'no exit code'}${result.exitCode === 137 ? ' (out of memory?)' : ''}: ${result.stderr.slice(-MAX_STDERR_CHARS)}`);
  }
  if (result.truncated) return failed('The answer of the tool is too long');
  try {
    const answer = answerSchema.parse(JSON.parse(result.stdout));
    return answer.ok ? answer : { ok: false, code: answer.code, message: answer.message };
  } catch {
    return failed('The tool did not answer as agreed');
  }
}

/** The containers of one activity: our tools in one; the project's commands, which never meet them, in another. */
export class ToolRunner {
  private tools: ToolSandboxSession | undefined;
  private project: ToolSandboxSession | undefined;
  private readonly network: ProjectNetwork;

  constructor(
    private readonly deps: AgentDeps,
    private readonly run: AgentRun,
    private readonly folder: {
      readonly path: string;
      readonly readOnly: boolean;
      readonly baseCommit: string;
      /** For the project's commands. */
      readonly cache?: SandboxCache;
    },
  ) {
    this.network = new ProjectNetwork(deps, run, folder.path);
  }

  /** @throws AppError SANDBOX_UNAVAILABLE. */
  async open(): Promise<void> {
    this.tools = await this.deps.sandbox.open(this.spec('agent', this.deps.toolsImage));
  }

  /** Ends every process, and stores what the project's commands asked of the network. */
  async stop(): Promise<void> {
    const tools = this.tools;
    this.tools = undefined;
    await Promise.all([tools?.stop(), this.stopProject()]);
    await this.network.close();
  }

  /** Ends what commands left running; the next command gets a new container. */
  async stopProject(): Promise<void> {
    const project = this.project;
    this.project = undefined;
    await project?.stop();
  }

  async file(tool: FileTool, args: Readonly<Record<string, unknown>>, tracked: readonly TrackedEntry[]): Promise<ToolAnswer> {
    const { maxFileBytes, maxAnswerBytes, searchTimeoutMs, toolTimeoutMs } = this.deps.limits;
    const request: ToolRequest = { root: WORKSPACE_MOUNT, tool, args, tracked, maxFileBytes, searchTimeoutMs };
    const result = await this.requireOpen().exec({
      argv: PROGRAM,
      stdin: JSON.stringify(request),
      timeoutMs: toolTimeoutMs,
      maxOutputBytes: maxAnswerBytes,
      signal: this.run.signal,
    });
    this.throwIfCancelled(result);
    return readAnswer(result);
  }

  /** An argument vector that the caller has found allowed. */
  async command(argv: readonly string[]): Promise<ToolAnswer> {
    const { commandTimeoutMs, maxCommandOutputBytes } = this.deps.limits;
    const session = await this.projectSession(await this.network.for(argv));
    const { env } = this.run.briefing.project.settings;
    const result = await session.exec({ argv, env, timeoutMs: commandTimeoutMs, maxOutputBytes: maxCommandOutputBytes, signal: this.run.signal });
    this.throwIfCancelled(result);
    return commandAnswer(result);
  }

  private async projectSession(egress: SandboxEgress | undefined): Promise<ToolSandboxSession> {
    const { cache } = this.folder;
    this.project ??= await this.deps.sandbox.open({ ...this.spec('agent-project', await this.projectImage()), ...(cache && { cache }), ...(egress && { egress }) });
    return this.project;
  }

  private projectImage(): Promise<string> {
    const { deps, run, folder } = this;
    const { bare, settings } = run.briefing.project;
    return toldImageOf(deps.images, { image: settings.image, bare, commit: folder.baseCommit }, {
      note: (sentence) => deps.records.noteWaiting(run.requestId, run.ref, sentence),
      say: (sentence) => deps.log(run.requestId).append(sentence),
      signal: run.signal,
    });
  }

  private requireOpen(): ToolSandboxSession {
    if (!this.tools) throw new AppError('INTERNAL', 'The sandbox of the tools is not open');
    return this.tools;
  }

  private throwIfCancelled({ cancelled }: ExecResult): void {
    this.run.signal.throwIfAborted();
    if (cancelled) throw new AppError('SANDBOX_UNAVAILABLE', 'The sandbox was stopped while a tool was running');
  }

  private spec(role: string, image: string): SandboxSpec {
    const { requestId } = this.run;
    return {
      name: `countersign-${requestId}-${role}`,
      requestId,
      image,
      workspace: this.folder.path,
      workspaceReadOnly: this.folder.readOnly,
      mounts: role === 'agent' ? [{ source: this.deps.toolsDir, target: TOOLS_MOUNT, readOnly: true }] : [],
      env: {},
      limits: this.deps.limits.sandbox,
    };
  }
}
