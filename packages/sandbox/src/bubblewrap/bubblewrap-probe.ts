import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { AppError } from '@countersign/domain';

const run = promisify(execFile);

const PROBE_MS = 10_000;
const FIX = 'Run `node scripts/provision-bubblewrap.mjs`; `npx --no-install countersign doctor` says what is missing.';
/** The namespaces of a sandbox around a program that does nothing. */
const NAMESPACES = ['--unshare-user', '--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try', '--die-with-parent'];
const TRUE = ['--cap-drop', 'ALL', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', 'true'];
/** Of nobody in particular; root's own right to make namespaces would say nothing about an ordinary account's. */
const ORDINARY_ID = 65_534;

/** Its version, after it has really isolated a program. @throws AppError SANDBOX_UNAVAILABLE saying what to type. */
export async function probeBubblewrap(program: string): Promise<string> {
  const account = process.getuid?.() === 0 ? { uid: ORDINARY_ID, gid: ORDINARY_ID } : {};
  const options = { timeout: PROBE_MS, cwd: '/', env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' }, ...account };
  try {
    const { stdout } = await run(program, ['--version'], options);
    await run(program, [...NAMESPACES, ...TRUE], options);
    return stdout.trim().replace(/^bubblewrap /, '');
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    const why = code === 'ENOENT' ? 'is not installed' : `cannot isolate a program here (${(stderr ?? '').trim().slice(0, 300) || String(code)})`;
    throw new AppError('SANDBOX_UNAVAILABLE', `${program} ${why}. ${FIX}`, { cause: error });
  }
}
