// The Temporal server, its UI and CLI in one binary.
import { chmodSync, createWriteStream, copyFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { runProvisioner } from './lib/as-script.mjs';
import { fromCache, throughCache } from './lib/cache.mjs';
import { ProvisionError } from './lib/provision-error.mjs';
import { run, which } from './lib/run.mjs';
import { isAtLeast } from './lib/version.mjs';

const CLI_VERSION = '1.8.2';
const MIN_SERVER = '1.31';
const DOWNLOAD_HOST = 'https://temporal.download';
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };
const FIX =
  'Put a Temporal CLI >= 1.7.2 on PATH, or install Go 1.26 or newer and run `node scripts/provision-temporal.mjs`.';

export async function provisionTemporal({ log, env, root }) {
  return (await find(env)) ?? fromRecord(await fill({ log, env, root }));
}

async function find(env) {
  const onPath = await fittingOnPath(env);
  if (onPath) return onPath;
  const cached = fromCache(env, 'temporal', CLI_VERSION);
  return cached && fromRecord(cached);
}

function fromRecord({ folder, record: { server, how } }) {
  return part(server, join(folder, 'temporal'), how);
}

async function fittingOnPath(env) {
  const path = which('temporal', env);
  const server = path && (await serverVersion(path));
  return server && isAtLeast(server, MIN_SERVER) ? part(server, path, 'found on PATH') : undefined;
}

function fill({ log, env, root }) {
  return throughCache({ env, log, part: 'temporal', version: CLI_VERSION }, async (folder) => {
    const target = join(folder, 'temporal');
    const how = (await download(log, folder, target)) ? 'downloaded' : await build({ log, env, root, target });
    const server = await serverVersion(target);
    if (!server || !isAtLeast(server, MIN_SERVER)) {
      throw new ProvisionError(`The Temporal binary that was ${how} reports server version ${server}.`, FIX);
    }
    return { server, how };
  });
}

/** The place that Temporal's own SDKs download from. Where it does not answer at once, building is the way. */
async function download(log, folder, target) {
  const arch = ARCHITECTURES[process.arch];
  if (!arch || !['linux', 'darwin'].includes(process.platform)) return false;
  try {
    const query = new URLSearchParams({ arch, platform: process.platform, format: 'tar.gz' });
    const about = await fetch(`${DOWNLOAD_HOST}/cli/v${CLI_VERSION}?${query}`, { signal: AbortSignal.timeout(5_000) });
    if (!about.ok) throw new Error(`it answered ${about.status}`);
    const { archiveUrl, fileToExtract = 'temporal' } = await about.json();
    if (!archiveUrl?.startsWith('https://') || fileToExtract.includes('..')) throw new Error('it named no archive');
    log(`downloading Temporal CLI ${CLI_VERSION}`);
    const archive = await fetch(archiveUrl, { signal: AbortSignal.timeout(300_000) });
    if (!archive.ok) throw new Error(`the archive answered ${archive.status}`);
    const file = join(folder, 'archive.tar.gz');
    await pipeline(Readable.fromWeb(archive.body), createWriteStream(file));
    await run('tar', ['-xzf', file, '-C', folder, fileToExtract]);
    if (fileToExtract !== 'temporal') copyFileSync(join(folder, fileToExtract), target);
    chmodSync(target, 0o755);
    return true;
  } catch (error) {
    log(`the download host cannot be used (${error.cause?.code ?? error.message}); building instead`);
    return false;
  }
}

/** From here on the compiler may trade memory for a fifth of its time. */
const ROOMY_BYTES = 12e9;

async function build({ log, env, root, target }) {
  if (!which('go', env)) throw new ProvisionError('Temporal can neither be downloaded nor built here: no Go on PATH.', FIX);
  log('building Temporal with Go; this takes about 3 minutes once');
  // The tag leaves out what Google's storage client has for gRPC, a twelfth of all packages: nothing is archived there.
  await run('go', ['build', '-trimpath', '-tags', 'disable_grpc_modules', '-ldflags', '-s -w', '-o', target, 'github.com/temporalio/cli/cmd/temporal'], {
    cwd: join(root, 'tools/temporal'),
    // go.sum is committed: what differs from it is refused, and nothing in the clone is rewritten.
    env: { ...env, GOFLAGS: '-mod=readonly -buildvcs=false', CGO_ENABLED: '0', ...(totalmem() >= ROOMY_BYTES && { GOGC: '400' }) },
    timeoutMs: 30 * 60_000,
  });
  return 'built by Go from tools/temporal';
}

/** A build of ours calls itself 0.0.0-DEV, so only the server's version says anything. */
async function serverVersion(path) {
  const { stdout } = await run(path, ['--version'], { allowFailure: true, timeoutMs: 20_000 });
  return /\(Server ([\d.]+)/.exec(stdout)?.[1];
}

function part(version, where, how) {
  return { name: 'temporal', ok: true, version, where, how };
}

await runProvisioner(import.meta, 'temporal', provisionTemporal);
