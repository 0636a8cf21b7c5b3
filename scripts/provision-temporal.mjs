// The Temporal server, its UI and CLI in one binary.
import { chmodSync, copyFileSync, createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
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
/**
 * What starts Temporal's serverless workers at AWS, Google or in Kubernetes. Each file registers itself and nothing else
 * names it; no server of ours starts any, and what they import is a quarter of all that is compiled.
 */
const LEFT_OUT = {
  module: 'go.temporal.io/auto-scaled-workers',
  files: ['aws.go', 'aws_ecs.go', 'aws_lambda.go', 'gcp_cloudrun.go', 'k8s.go'].map((name) => join('wci/workflow/compute_provider', name)),
};

async function build({ log, env, root, target }) {
  if (!which('go', env)) throw new ProvisionError('Temporal can neither be downloaded nor built here: no Go on PATH.', FIX);
  log('building Temporal with Go; this takes about 2 minutes once');
  const folder = mkdtempSync(join(tmpdir(), 'countersign-temporal-'));
  // go.sum is committed: what differs from it is refused, and nothing in the clone is rewritten.
  const options = {
    cwd: join(root, 'tools/temporal'),
    env: { ...env, GOFLAGS: '-mod=readonly -buildvcs=false', CGO_ENABLED: '0', ...(totalmem() >= ROOMY_BYTES && { GOGC: '400' }) },
    timeoutMs: 30 * 60_000,
  };
  try {
    const modfile = await moduleFile(folder, options);
    // The tag leaves out what Google's storage client has for gRPC, a twelfth of all packages: nothing is archived there.
    const args = ['-modfile', modfile, '-trimpath', '-tags', 'disable_grpc_modules', '-gcflags', 'all=-dwarf=false', '-ldflags', '-s -w'];
    await run('go', ['build', ...args, '-o', target, 'github.com/temporalio/cli/cmd/temporal'], options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return 'built by Go from tools/temporal';
}

/** Our go.mod, with a copy of one module that lacks some files. The module itself was held against go.sum when it was fetched. */
async function moduleFile(folder, options) {
  const { stdout } = await run('go', ['mod', 'download', '-json', LEFT_OUT.module], options);
  const copy = join(folder, 'module');
  await run('cp', ['-R', JSON.parse(stdout).Dir, copy]);
  // Go keeps its modules read-only.
  await run('chmod', ['-R', 'u+w', copy]);
  for (const file of LEFT_OUT.files) rmSync(join(copy, file));
  const modfile = join(folder, 'go.mod');
  writeFileSync(modfile, `${readFileSync(join(options.cwd, 'go.mod'), 'utf8')}\nreplace ${LEFT_OUT.module} => ${copy}\n`);
  copyFileSync(join(options.cwd, 'go.sum'), join(folder, 'go.sum'));
  return modfile;
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
