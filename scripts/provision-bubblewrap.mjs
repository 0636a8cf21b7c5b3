// The sandbox where no container engine answers: the program bwrap, and the sandbox image unpacked as a root for it.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { aptInstall, hasApt, isRoot } from './lib/apt.mjs';
import { runProvisioner } from './lib/as-script.mjs';
import { fromCache, throughCache } from './lib/cache.mjs';
import { run, which } from './lib/run.mjs';
import { sandboxImage, sandboxTar } from './provision-sandbox-image.mjs';

const execute = promisify(execFile);

const HOST_PROGRAMS = 'on the programs of this machine, read-only';
/** Of nobody in particular: that root may make namespaces says nothing about the account that sandboxes run as. */
const ORDINARY_ID = 65534;

/**
 * Without the program, or a kernel that lets an ordinary account make namespaces, the answer says `ok: false` and what to
 * type. `tree` is missing where no image could be built here: sandboxes then run on the machine's own programs.
 */
export async function provisionBubblewrap({ log, env, root }) {
  if (process.platform === 'linux' && !which('bwrap', env) && isRoot() && hasApt(env)) await aptInstall(['bubblewrap'], { log, env });
  const found = await inspectBubblewrap({ env, root });
  if (!found.ok || found.tree) return found;
  const tar = await sandboxTar({ log, env, root }).catch((error) => void log(error.message.split('\n')[0]));
  if (!tar) return found;
  const { version } = sandboxImage(root);
  await throughCache({ env, log, part: 'sandbox-root', version }, (folder) => unpack({ log, tar, folder, version }));
  return inspectBubblewrap({ env, root });
}

/** Looks and changes nothing. */
export async function inspectBubblewrap({ env, root }) {
  const { image, version: imageVersion } = sandboxImage(root);
  if (process.platform !== 'linux') return missing(image, 'bubblewrap is for Linux', 'Start a container engine.');
  const where = which('bwrap', env);
  if (!where) return missing(image, 'bubblewrap is not installed', installFix(env));
  const { version, problem } = await probe(where);
  if (problem) return missing(image, `bubblewrap cannot isolate a program here: ${problem}`, namespaceFix());
  const cached = fromCache(env, 'sandbox-root', imageVersion);
  const tree = cached && join(cached.folder, 'root');
  return { name: 'bubblewrap', ok: true, version, where, how: tree ? `on the unpacked ${image}` : HOST_PROGRAMS, image, ...(tree && { tree }) };
}

/** Really isolates a program, as an ordinary account. */
async function probe(program) {
  const account = isRoot() ? { uid: ORDINARY_ID, gid: ORDINARY_ID } : {};
  const options = { cwd: '/', env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' }, timeout: 10_000, ...account };
  try {
    const { stdout } = await execute(program, ['--version'], options);
    const namespaces = ['--unshare-user', '--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--die-with-parent'];
    await execute(program, [...namespaces, '--cap-drop', 'ALL', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', 'true'], options);
    return { version: stdout.trim().replace(/^bubblewrap /, '') };
  } catch (error) {
    return { problem: (error.stderr || error.message).trim().split('\n')[0] };
  }
}

async function unpack({ log, tar, folder, version }) {
  log('unpacking the sandbox image');
  const tree = join(folder, 'root');
  mkdirSync(tree, { mode: 0o755 });
  // Devices are made by bubblewrap; an ordinary account could not unpack them.
  const owners = isRoot() ? ['--numeric-owner', '--same-permissions'] : ['--no-same-owner'];
  await run('tar', ['-xf', tar, ...owners, '--exclude=./dev/*', '-C', tree], { timeoutMs: 5 * 60_000 });
  // Mounted over with what the sandbox shall see, which takes a file to mount on.
  for (const name of ['hosts', 'hostname', 'resolv.conf']) {
    const path = join(tree, 'etc', name);
    rmSync(path, { force: true });
    writeFileSync(path, '', { mode: 0o644 });
  }
  return { version };
}

function missing(image, how, fix) {
  return { name: 'bubblewrap', ok: false, version: '', where: '', how: `${how}.`, fix, image };
}

function installFix(env) {
  if (!hasApt(env)) return "Install the package bubblewrap with this system's package manager.";
  return isRoot() ? 'Run `node scripts/provision-bubblewrap.mjs`.' : 'Run `sudo apt-get install bubblewrap`.';
}

function namespaceFix() {
  const restriction = '/proc/sys/kernel/apparmor_restrict_unprivileged_userns';
  if (existsSync(restriction)) return 'Run `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or start a container engine.';
  return 'Run `sudo sysctl user.max_user_namespaces=15000`, or start a container engine.';
}

await runProvisioner(import.meta, 'bubblewrap', provisionBubblewrap);
