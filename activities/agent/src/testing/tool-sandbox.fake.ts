import { AppError } from '@countersign/domain';
import type { ExecRequest, ExecResult, SandboxSpec } from '@countersign/sandbox';

import type { ToolSandboxPort } from '../ports/tool-sandbox.port.js';
import { answerTool } from '../tools/answer-tool.js';
import { WORKSPACE_MOUNT, type ToolRequest } from '../tools/tool-protocol.js';

export type FakeToolSandbox = ToolSandboxPort & {
  readonly running: ReadonlyMap<string, SandboxSpec>;
  readonly specs: readonly SandboxSpec[];
  readonly execs: readonly (ExecRequest & { readonly name: string })[];
  /** While set, no engine answers. */
  isDown: boolean;
  /** Runs what is not the tool program. */
  command: (argv: readonly string[], workspace: string) => Partial<ExecResult>;
  /** Called before each program; may throw or abort. */
  before: (request: ExecRequest) => void | Promise<void>;
};

const DONE: ExecResult = { exitCode: 0, timedOut: false, cancelled: false, stdout: '', stderr: '', truncated: false, durationMs: 1 };

function runTool(request: ExecRequest, workspace: string): ExecResult {
  const asked = JSON.parse(request.stdin ?? '') as ToolRequest;
  if (asked.root !== WORKSPACE_MOUNT) throw new Error(`The tools were asked about ${asked.root}`);
  return { ...DONE, stdout: JSON.stringify(answerTool({ ...asked, root: workspace })) };
}

/** Runs the tool program's own code on the host's folder; nothing is isolated. */
export function fakeToolSandbox(): FakeToolSandbox {
  const open = new Map<string, SandboxSpec>();
  const specs: SandboxSpec[] = [];
  const execs: (ExecRequest & { name: string })[] = [];
  return {
    declared: { notEnforced: ['disk'] },
    running: open,
    specs,
    execs,
    isDown: false,
    command: (argv) => {
      throw new Error(`Unexpected command ${JSON.stringify(argv)}`);
    },
    before: () => {},
    async open(spec) {
      if (this.isDown) throw new AppError('SANDBOX_UNAVAILABLE', 'No container engine answers; type: systemctl start docker');
      open.set(spec.name, spec);
      specs.push(spec);
      return {
        name: spec.name,
        exec: async (request) => {
          if (!open.has(spec.name)) throw new AppError('SANDBOX_UNAVAILABLE', 'The sandbox is gone');
          execs.push({ ...request, name: spec.name });
          await this.before(request);
          if (request.signal?.aborted) return { ...DONE, exitCode: null, cancelled: true };
          const isTool = request.argv.at(-1)?.endsWith('/tools/main.js') ?? false;
          return isTool ? runTool(request, spec.workspace) : { ...DONE, ...this.command(request.argv, spec.workspace) };
        },
        stop: async () => void open.delete(spec.name),
      };
    },
    async destroy(requestId) {
      if (this.isDown) throw new AppError('SANDBOX_UNAVAILABLE', 'No container engine answers; type: systemctl start docker');
      const own = [...open.values()].filter((spec) => spec.requestId === requestId);
      for (const spec of own) open.delete(spec.name);
      return own.length;
    },
  };
}
