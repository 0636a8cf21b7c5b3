import { spawn, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

import { AppError } from '@countersign/domain';
import type { ExecRequest, ExecResult, SandboxSession, SandboxSpec, ToolSandboxPort } from '@countersign/activity-agent';

function docker(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('docker', args, { encoding: 'utf8' });
  if (status !== 0) throw new AppError('SANDBOX_UNAVAILABLE', `docker ${args[0]}: ${stderr}`);
  return stdout.trim();
}

function exec(name: string, { argv, env = {}, stdin, timeoutMs, signal }: ExecRequest): Promise<ExecResult> {
  const begun = performance.now();
  const variables = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
  const child = spawn('docker', ['exec', '-i', ...variables, name, ...argv]);
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8');
    child[stream].on('data', (text: string) => (output[stream] += text));
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const abort = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', abort, { once: true });
  child.stdin.on('error', () => {});
  child.stdin.end(stdin ?? '');
  return new Promise((resolve) => {
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      resolve({ ...output, exitCode, timedOut, cancelled: signal?.aborted ?? false, truncated: false, durationMs: performance.now() - begun });
    });
  });
}

/** Just enough of a sandbox for a test of the agent; activities may not import the one of activities/sandbox. */
export function dockerCliSandbox(): ToolSandboxPort {
  const destroy = (label: string): number => {
    const ids = docker('ps', '-aq', '--filter', `label=countersign-test=${label}`).split('\n').filter(Boolean);
    if (ids.length > 0) docker('rm', '-f', ...ids);
    return ids.length;
  };
  return {
    declared: { notEnforced: [] },
    async open(spec: SandboxSpec): Promise<SandboxSession> {
      const { uid, gid } = statSync(spec.workspace);
      const mounts = spec.mounts.flatMap(({ source, target }) => ['-v', `${source}:${target}:ro`]);
      const workspace = `${spec.workspace}:/workspace${spec.workspaceReadOnly ? ':ro' : ''}`;
      const safety = ['--network', 'none', '--read-only', '--cap-drop', 'ALL', '--tmpfs', '/tmp', '--user', `${uid}:${gid}`];
      docker('run', '-d', '--name', spec.name, '--label', `countersign-test=${spec.requestId}`, ...safety, '-v', workspace, ...mounts, '-w', '/workspace', spec.image, 'sleep', '600');
      return { name: spec.name, exec: (request) => exec(spec.name, request), stop: async () => void docker('rm', '-f', spec.name) };
    },
    destroy: async (requestId) => destroy(requestId),
  };
}
