import { AppError } from '@countersign/domain';
import type { SandboxSession } from '@countersign/sandbox';

/** What runs in a sandbox, and what is in the places outside of its mounts that can be written. */
export type Traces = { readonly processes: number; readonly paths: readonly string[] };

const LOOK = ['sh', '-c', 'for process in /proc/[0-9]*; do echo "$process"; done; exec find /tmp /dev/shm -mindepth 1'];
const LOOK_MS = 120_000;
const MAX_BYTES = 100_000;
/** What programs keep to themselves between two runs, and do not miss. */
const HARMLESS = /^\/tmp\/(node-compile-cache|v8-compile-cache-[^/]*|hsperfdata_[^/]*|yarn--[^/]*|\.config(\/go(\/telemetry)?)?$|\.config\/go\/telemetry)(\/|$)/;

/** Undefined where it cannot be told. @throws AppError SANDBOX_UNAVAILABLE; also where looking ended the sandbox's processes. */
export async function tracesIn(session: Pick<SandboxSession, 'exec'>): Promise<Traces | undefined> {
  const { exitCode, timedOut, truncated, stdout } = await session.exec({ argv: LOOK, timeoutMs: LOOK_MS, maxOutputBytes: MAX_BYTES });
  if (timedOut) throw new AppError('SANDBOX_UNAVAILABLE', `The sandbox does not say within ${LOOK_MS / 1000} s what is in it.`);
  if (exitCode !== 0 || truncated) return undefined;
  const lines = stdout.split('\n').filter((line) => line !== '');
  const paths = lines.filter((line) => !line.startsWith('/proc/'));
  return { processes: lines.length - paths.length, paths };
}

/** Whether whoever leaves out what happened in between misses nothing: no file outside of the mounts, and nothing that runs. */
export function leftNothing(before: Traces | undefined, after: Traces | undefined): boolean {
  return before !== undefined && after !== undefined && after.processes <= before.processes && after.paths.every((path) => HARMLESS.test(path));
}
