import type { AgentDeps } from './agent-deps.js';
import type { AgentRun } from './agent-run.js';
import type { ApprovedPlan } from './plan-subject.js';
import type { AgentWorkspacePort } from './ports/agent-workspace.port.js';
import type { ToolCall } from './ports/language-model.port.js';
import type { ToolRunner } from './tool-runner.js';
import { oneLine, wordsOn } from './tool-words.js';
import { FILE_TOOLS, type FileTool, type ToolAnswer, type TrackedEntry } from './tools/tool-protocol.js';

/** Name of the checkout that the sandbox writes. */
export const CHECKOUT = 'agent';

const SHOWN_COMMANDS = 10;
/** These leave the files as they are: no snapshot is needed after them. */
const READING: readonly string[] = ['list', 'search', 'read'];

export type ExecutionPlace = {
  readonly plan: ApprovedPlan;
  readonly workspace: AgentWorkspacePort;
  readonly runner: ToolRunner;
  /** The commit that the folder holds now. */
  readonly from: string;
};

/** The tools while executing: files and the plan's commands, each step kept as a snapshot. */
export class ExecutionTools {
  private current: string;
  private isChanged = false;
  private tracked: readonly TrackedEntry[] | undefined;

  constructor(
    private readonly deps: AgentDeps,
    private readonly run: AgentRun,
    private readonly place: ExecutionPlace,
  ) {
    this.current = place.from;
  }

  async act(call: ToolCall, step: number): Promise<ToolAnswer> {
    this.isChanged ||= !READING.includes(call.name);
    const answer = call.name === 'run' ? await this.command(call) : await this.file(call);
    await this.deps.log(this.run.requestId).append(`${this.stepWords(call, step)}: ${wordsOn(call, answer)}`);
    return answer;
  }

  async settle(step: number): Promise<string> {
    if (!this.isChanged) return this.current;
    const { workspace, plan, runner } = this.place;
    // What a command left running would write into the folder while it is read.
    await runner.stopProject();
    const { commit } = await workspace.snapshot(CHECKOUT, {
      parent: this.current,
      message: `step ${step}`,
      at: this.run.briefing.request.createdAt,
      force: plan.allowedPaths,
    });
    if (commit !== this.current) this.tracked = undefined;
    this.current = commit;
    this.isChanged = false;
    return commit;
  }

  private async file(call: ToolCall): Promise<ToolAnswer> {
    const tool = call.name as FileTool;
    if (!FILE_TOOLS.includes(tool)) return { ok: false, code: 'TOOL_FAILED', message: `There is no tool ${call.name} here` };
    this.tracked ??= (await this.place.workspace.list(this.current)).map(({ path, mode }) => ({ path, mode }));
    return this.place.runner.file(tool, call.args, this.tracked);
  }

  private async command(call: ToolCall): Promise<ToolAnswer> {
    const argv = call.args['argv'] as readonly string[];
    if (this.isAllowed(argv)) return this.place.runner.command(argv);
    return { ok: false, code: 'COMMAND_NOT_IN_PLAN', message: `${oneLine(`The plan does not list the command ${JSON.stringify(argv)}`)}. ${this.allowedWords()}` };
  }

  /** Argument vectors are matched exactly; the project's own texts are run by `sh -c` and nothing else is. */
  private isAllowed(argv: readonly string[]): boolean {
    if (this.place.plan.plan.commands === 'any') return true;
    return this.allowed().includes(JSON.stringify(argv));
  }

  private allowed(): readonly string[] {
    const { checks, steps } = this.place.plan.plan;
    const own = [checks.setup, checks.test].flatMap((text) => (text === null ? [] : [['sh', '-c', text]]));
    return [...new Set([...steps.flatMap((step) => step.commands), ...own].map((argv) => JSON.stringify(argv)))];
  }

  private allowedWords(): string {
    const allowed = this.allowed();
    if (allowed.length === 0) return 'It allows none';
    const more = allowed.length > SHOWN_COMMANDS ? ` and ${allowed.length - SHOWN_COMMANDS} more` : '';
    return `It allows exactly: ${allowed.slice(0, SHOWN_COMMANDS).join(', ')}${more}`;
  }

  private stepWords(call: ToolCall, step: number): string {
    const { steps } = this.place.plan.plan;
    const [instruction] = Array.isArray(call.args['instructions']) ? (call.args['instructions'] as readonly unknown[]) : [];
    const index = steps.findIndex((planned, at) => planned.instruction === instruction && at >= step - 1);
    return index < 0 ? `step ${step}` : `step ${index + 1}/${steps.length}`;
  }
}
