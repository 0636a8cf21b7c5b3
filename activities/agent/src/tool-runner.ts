import { AppError, isErrorCode } from '@countersign/domain';
import { z } from 'zod';

import type { AgentDeps } from './agent-deps.js';
import type { AgentRun } from './agent-run.js';
import type { ToolResult } from './ports/language-model.port.js';
import type { ExecResult, SandboxSession, SandboxSpec } from './ports/tool-sandbox.port.js';
import { TOOLS_MOUNT, WORKSPACE_MOUNT, type FileTool, type ToolRequest, type TrackedEntry } from './tools/tool-protocol.js';

type Answer = ToolResult['answer'];

const PROGRAM = ['/usr/local/bin/node', '--disable-warning=ExperimentalWarning', `${TOOLS_MOUNT}/tools/main.js`];
const MAX_STDERR_CHARS = 500;

const answerSchema = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), code: z.string().refine(isErrorCode), message: z.string().max(20_000) }),
]);

function failed(message: string): Answer {
  return { ok: false, code: 'TOOL_FAILED', message };
}

/** What runs in the sandbox may print anything: only an answer of the agreed shape is taken. */
function readAnswer(result: ExecResult): Answer {
  if (result.timedOut) return failed('The tool ran out of time');
  if (result.exitCode !== 0) {
    return failed(`The tool ended with ${result.exitCode ?? 'no exit code'}${result.exitCode === 137 ? ' (out of memory?)' : ''}: ${result.stderr.slice(-MAX_STDERR_CHARS)}`);
  }
  if (result.truncated) return failed('The answer of the tool is too long');
  try {
    const answer = answerSchema.parse(JSON.parse(result.stdout));
    return answer.ok ? { ok: true, value: answer.value } : { ok: false, code: answer.code, message: answer.message };
  } catch {
    return failed('The tool did not answer as agreed');
  }
}

/** The containers of one activity: our tools in one; the project's commands, which never meet them, in another. */
export class ToolRunner {
  private tools: SandboxSession | undefined;
  private project: SandboxSession | undefined;

  constructor(
    private readonly deps: AgentDeps,
    private readonly run: AgentRun,
    private readonly folder: { readonly path: string; readonly readOnly: boolean },
  ) {}

  /** @throws AppError SANDBOX_UNAVAILABLE, after people were told what is waited for. */
  async open(): Promise<void> {
    const { records } = this.deps;
    const { requestId, ref } = this.run;
    this.tools = await this.deps.sandbox.open(this.spec('agent', this.deps.toolsImage));
    await records.noteWaiting(requestId, ref, null);
  }

  /** Ends every process. */
  async stop(): Promise<void> {
    const tools = this.tools;
    this.tools = undefined;
    await Promise.all([tools?.stop(), this.stopProject()]);
  }

  /** Ends what commands left running; the next command gets a new container. */
  async stopProject(): Promise<void> {
    const project = this.project;
    this.project = undefined;
    await project?.stop();
  }

  async file(tool: FileTool, args: Readonly<Record<string, unknown>>, tracked: readonly TrackedEntry[]): Promise<Answer> {
    const { maxFileBytes, maxAnswerBytes, toolTimeoutMs } = this.deps.limits;
    const request: ToolRequest = { root: WORKSPACE_MOUNT, tool, args, tracked, maxFileBytes };
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
  async command(argv: readonly string[]): Promise<Answer> {
    const { commandTimeoutMs, maxCommandOutputBytes } = this.deps.limits;
    const session = await this.projectSession();
    const { env } = this.run.briefing.project.settings;
    const result = await session.exec({ argv, env, timeoutMs: commandTimeoutMs, maxOutputBytes: maxCommandOutputBytes, signal: this.run.signal });
    this.throwIfCancelled(result);
    const { exitCode, timedOut, stdout, stderr, truncated, durationMs } = result;
    return { ok: true, value: { exitCode, timedOut, stdout, stderr, truncated, durationMs: Math.round(durationMs) } };
  }

  private async projectSession(): Promise<SandboxSession> {
    const image = this.run.briefing.project.settings.image ?? this.deps.toolsImage;
    this.project ??= await this.deps.sandbox.open(this.spec('agent-project', image));
    return this.project;
  }

  private requireOpen(): SandboxSession {
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
