// git is not installed by us: the user has it, having cloned this repository.
import { runProvisioner } from './lib/as-script.mjs';
import { ProvisionError } from './lib/provision-error.mjs';
import { run, which } from './lib/run.mjs';
import { isAtLeast } from './lib/version.mjs';

// merge-tree --write-tree came with 2.38.
const MIN_GIT = '2.38';
const FIX = `Install git ${MIN_GIT} or newer (Debian: \`apt-get install git\`).`;

export async function provisionGitCheck({ env }) {
  const path = which('git', env);
  if (!path) throw new ProvisionError('There is no git on PATH.', FIX);
  const { stdout } = await run(path, ['--version'], { env });
  const version = /(\d+\.\d+(\.\d+)?)/.exec(stdout)?.[1] ?? '0';
  if (!isAtLeast(version, MIN_GIT)) throw new ProvisionError(`git ${version} at ${path} is too old.`, FIX);
  return { name: 'git', ok: true, version, where: path, how: 'found on PATH' };
}

await runProvisioner(import.meta, 'git', provisionGitCheck);
