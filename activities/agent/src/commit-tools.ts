import { AppError } from '@countersign/domain';

import type { AgentDeps } from './agent-deps.js';
import type { AgentRun } from './agent-run.js';
import type { ToolCall } from './ports/language-model.port.js';
import { ToolRunner } from './tool-runner.js';
import { wordsOn } from './tool-words.js';
import type { FileTool, ToolAnswer, TrackedEntry } from './tools/tool-protocol.js';

type Opened = { readonly runner: ToolRunner; readonly tracked: readonly TrackedEntry[] };

const READING: readonly string[] = ['list', 'search', 'read'] satisfies readonly FileTool[];
/** Checks that begin beside a review remove every sandbox of the request, this one included. */
const OPENINGS = 3;

/**
 * Reads a commit while others work on the request: in a folder and a sandbox of its own, made when the first tool is
 * called. `folder` is one that `RequestWorkspace.prepare` leaves alone.
 */
export class CommitTools {
  private opened: Promise<Opened> | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly deps: AgentDeps,
    private readonly run: AgentRun,
    private readonly at: { readonly commit: string; readonly folder: 'review' | 'chat' },
  ) {}

  async call(call: ToolCall): Promise<ToolAnswer> {
    if (!READING.includes(call.name)) return { ok: false, code: 'TOOL_FAILED', message: `${call.name} cannot be used here: nothing can be changed` };
    const answer = await this.inTurn(() => this.read(call));
    await this.deps.log(this.run.requestId).append(`${this.at.folder}: ${wordsOn(call, answer)}`);
    return answer;
  }

  /** Ends the sandbox where one was opened. */
  async stop(): Promise<void> {
    const opened = await this.opened?.catch(() => undefined);
    this.opened = undefined;
    await opened?.runner.stop();
  }

  /** One call at a time: opening the sandbox again ends whatever runs in it. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async read(call: ToolCall): Promise<ToolAnswer> {
    for (let opening = 1; ; opening += 1) {
      const opened = (this.opened ??= this.open());
      try {
        const { runner, tracked } = await opened;
        const answer = await runner.file(call.name as FileTool, call.args, tracked);
        // A program whose container was removed under it only fails; reading once more changes nothing.
        if (answer.ok || answer.code !== 'TOOL_FAILED' || opening === OPENINGS) return answer;
        this.opened = undefined;
      } catch (error) {
        this.opened = undefined;
        const isGone = error instanceof AppError && error.code === 'SANDBOX_UNAVAILABLE' && !this.run.signal.aborted;
        if (!isGone || opening === OPENINGS) throw error;
      }
    }
  }

  private async open(): Promise<Opened> {
    const { deps, run } = this;
    const { commit, folder } = this.at;
    const workspace = deps.workspaces({ requestId: run.requestId, bare: run.briefing.project.bare });
    const listed = await workspace.list(commit).catch(async () => {
      await workspace.prepare();
      return workspace.list(commit);
    });
    const path = await workspace.checkout(folder, commit, { readOnly: true });
    const runner = new ToolRunner(named(deps, folder), run, { path, readOnly: true, baseCommit: commit });
    await runner.open();
    return { runner, tracked: listed.map((entry) => ({ path: entry.path, mode: entry.mode })) };
  }
}

/** For work beside other work: what the request waits for is for the other to say. */
export function withoutNotes(deps: AgentDeps): AgentDeps {
  const { records } = deps;
  return { ...deps, records: Object.assign(Object.create(records) as typeof records, { noteWaiting: () => Promise.resolve() }) };
}

/** The same deps with a sandbox of another name than the agent's own. */
function named(deps: AgentDeps, folder: string): AgentDeps {
  const { sandbox } = deps;
  return {
    ...deps,
    sandbox: {
      declared: sandbox.declared,
      open: (spec) => sandbox.open({ ...spec, name: `countersign-${spec.requestId}-${folder}` }),
      destroy: (requestId) => sandbox.destroy(requestId),
    },
  };
}
