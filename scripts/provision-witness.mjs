// Two verifiers of bundles that are not ours, for the test that ours is never the only witness: docs/verify.md.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { runProvisioner } from './lib/as-script.mjs';
import { aptInstall, hasApt, isRoot } from './lib/apt.mjs';
import { fromCache, throughCache } from './lib/cache.mjs';
import { ProvisionError } from './lib/provision-error.mjs';
import { run, which } from './lib/run.mjs';
import { isAtLeast } from './lib/version.mjs';

const MIN_PYTHON = '3.10';
const SCRIPT = '`node scripts/provision-witness.mjs`';
const DEBIAN_PYTHON = ['python3', 'python3-venv'];
const PYTHON_FIX = `Install Python ${MIN_PYTHON} or newer with its module venv (Debian: \`sudo apt-get install ${DEBIAN_PYTHON.join(' ')}\`), then run ${SCRIPT}.`;
const GO_FIX = `Install Go 1.24 or newer on PATH, then run ${SCRIPT}.`;
const REGISTRY_FIX = `See that this machine reaches its package registries, then run ${SCRIPT}.`;
/** What the program in tools/witness/python imports, the last of them for keys in PEM. */
const IMPORTS = 'import securesystemslib.dsse, rfc8785, cryptography';

/** Only one test needs it, so what cannot be had stops nothing else: the answer then says `ok: false` and what to type. */
export async function provisionWitness({ log, env, root }) {
  try {
    const [python, go] = await Promise.all([providePython({ log, env, root }), provideGo({ log, env, root })]);
    return { name: 'witness', ok: true, version: `Python ${python.version} and Go`, where: go.program, how: 'installed from the registries', python: python.program, go: go.program };
  } catch (error) {
    log(error.message);
    return { name: 'witness', ok: false, version: '', where: '', how: error.message.split('\n')[0], fix: error.fix ?? REGISTRY_FIX };
  }
}

async function providePython({ log, env, root }) {
  const requirements = join(root, 'tools/witness/python/requirements.txt');
  const version = hashOf([requirements]);
  const at = (folder) => join(folder, 'bin/python');
  const kept = fromCache(env, 'witness-python', version);
  // It rests on the machine's Python, which an upgrade replaces.
  if (kept && !(await works(at(kept.folder), ['-c', IMPORTS], env))) rmSync(kept.folder, { recursive: true, force: true });
  const { folder, record } = await throughCache({ env, log, part: 'witness-python', version }, async (target) => {
    const python = await findPython({ log, env });
    log('installing securesystemslib and rfc8785 for Python');
    await run(python.path, ['-m', 'venv', target], { env, timeoutMs: 5 * 60_000 }).catch((cause) => {
      throw new ProvisionError(cause.message, PYTHON_FIX, { cause });
    });
    const exactly = ['--require-hashes', '--only-binary', ':all:', '--requirement', requirements];
    await run(at(target), ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', ...exactly], { env, timeoutMs: 10 * 60_000 });
    await run(at(target), ['-c', IMPORTS], { env });
    return { version: python.version };
  });
  return { program: at(folder), version: record.version };
}

async function findPython({ log, env }) {
  const found = await fittingPython(env);
  if (found) return found;
  if (isRoot() && hasApt(env)) await aptInstall(DEBIAN_PYTHON, { log, env });
  const installed = await fittingPython(env);
  if (!installed) throw new ProvisionError(`There is no Python ${MIN_PYTHON} with its module venv here.`, PYTHON_FIX);
  return installed;
}

async function fittingPython(env) {
  // Debian's may have what the one before it on PATH has not.
  for (const path of new Set([which('python3', env), which('python', env), '/usr/bin/python3'])) {
    const asked = path && (await works(path, ['-c', 'import ensurepip, platform, venv; ensurepip.version(); print(platform.python_version())'], env));
    if (asked && isAtLeast(asked.stdout.trim(), MIN_PYTHON)) return { path, version: asked.stdout.trim() };
  }
  return undefined;
}

async function works(path, args, env) {
  const result = await run(path, args, { env, allowFailure: true }).catch(() => undefined);
  return result?.code === 0 ? result : undefined;
}

async function provideGo({ log, env, root }) {
  const source = join(root, 'tools/witness/go');
  const version = hashOf(readdirSync(source).sort().map((name) => join(source, name)));
  const { folder } = await throughCache({ env, log, part: 'witness-go', version }, async (target) => {
    if (!which('go', env)) throw new ProvisionError('There is no Go here.', GO_FIX);
    log('building the verifier in Go');
    await run('go', ['build', '-trimpath', '-o', join(target, 'verify-bundle'), '.'], {
      cwd: source,
      // go.sum is committed: what differs from it is refused, and nothing in the clone is rewritten.
      env: { ...env, GOFLAGS: '-mod=readonly -buildvcs=false', CGO_ENABLED: '0' },
      timeoutMs: 10 * 60_000,
    });
    return {};
  });
  return { program: join(folder, 'verify-bundle') };
}

/** What was built from other files is another version. */
function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(readFileSync(path)).update('\0');
  return hash.digest('hex').slice(0, 16);
}

await runProvisioner(import.meta, 'witness', provisionWitness);
