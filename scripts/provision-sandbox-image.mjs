// The image that our own tools run in: a small Debian with git and Node 24.
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  createReadStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

import { aptInstall, aptSource, hasApt, isRoot } from './lib/apt.mjs';
import { runProvisioner } from './lib/as-script.mjs';
import { fromCache, throughCache } from './lib/cache.mjs';
import { engineCall, findEngine } from './lib/docker-api.mjs';
import { presentVariants } from './lib/image-variants.mjs';
import { run, which } from './lib/run.mjs';
import { provisionRuntime } from './provision-runtime.mjs';

// What the image is made of. A change here is another version of the image.
const RECIPE = {
  packages: ['git', 'ca-certificates'],
  user: { name: 'countersign', id: 10001, home: '/home/countersign' },
  workspace: '/workspace',
  dropped: ['usr/share/doc', 'usr/share/man', 'usr/share/info', 'usr/share/locale', 'var/cache/apt', 'var/lib/apt/lists', 'var/cache/debconf'],
};

/** Without an engine, or a way to build, the answer says `ok: false` and what to type. */
export async function provisionSandboxImage({ log, env, root }) {
  const wanted = env.COUNTERSIGN_SANDBOX_IMAGE;
  const { image, version } = sandboxImage(root);
  const engine = await findEngine(env);
  if (!engine) return missing(wanted ?? image, version, 'no engine answers', 'Run `node scripts/provision-docker.mjs`.');
  if (wanted) return configured(engine, wanted, log);
  if (await isIn(engine, image)) return part(image, version, 'in the engine');
  try {
    const how = await make({ log, env, root, engine, image, version });
    return part(image, version, how);
  } catch (error) {
    const fix = `Load one with \`docker load\` and set COUNTERSIGN_SANDBOX_IMAGE to its name, or run \`sudo node scripts/provision-sandbox-image.mjs\`.`;
    return missing(image, version, error.message.split('\n').slice(0, 3).join(' '), fix);
  }
}

/** Looks and changes nothing: for `doctor`. */
export async function inspectSandboxImage({ env, root }) {
  const { image, version } = env.COUNTERSIGN_SANDBOX_IMAGE
    ? { image: env.COUNTERSIGN_SANDBOX_IMAGE, version: env.COUNTERSIGN_SANDBOX_IMAGE.split(':').at(-1) }
    : sandboxImage(root);
  const engine = await findEngine(env);
  if (!engine) return missing(image, version, 'no engine answers', 'Start the container engine first.');
  const others = await presentVariants(engine);
  if (await isIn(engine, image)) return { ...part(image, version, 'in the engine'), where: [image, ...others].join(', ') };
  const fix = env.COUNTERSIGN_SANDBOX_IMAGE
    ? `Run \`docker load\` or \`docker pull\` with ${image}.`
    : 'Run `node scripts/provision-sandbox-image.mjs` as root.';
  return missing(image, version, 'not in the engine', fix);
}

/** Name and version of the image that this clone builds. */
export function sandboxImage(root) {
  const pins = JSON.parse(readFileSync(join(root, 'scripts/runtime-pins.json'), 'utf8'));
  const version = digestOf({ RECIPE, node: pins.version, arch: process.arch });
  return { image: `countersign/sandbox:${version}`, version };
}

async function configured(engine, image, log) {
  const version = image.split(':').at(-1);
  if (await isIn(engine, image)) return part(image, version, 'COUNTERSIGN_SANDBOX_IMAGE, in the engine');
  log(`pulling ${image}`);
  const path = `/images/create?fromImage=${encodeURIComponent(image)}`;
  const { status, body } = await engineCall(engine.host, { method: 'POST', path, timeoutMs: 10 * 60_000 });
  if (status === 200 && (await isIn(engine, image))) return part(image, version, 'COUNTERSIGN_SANDBOX_IMAGE, pulled');
  return missing(image, version, `pulling ${image} failed: ${lastError(body)}`, `Run \`docker load\` with ${image}, or unset COUNTERSIGN_SANDBOX_IMAGE.`);
}

async function make({ log, env, root, engine, image, version }) {
  const isCached = fromCache(env, 'sandbox-image', version) !== undefined;
  const tar = await sandboxTar({ log, env, root });
  if (tar) {
    log(`importing ${image}`);
    await importRoot(engine, image, tar);
    return isCached ? 'imported from the cache' : 'built with debootstrap';
  }
  log(`building ${image} in the engine`);
  await buildInEngine({ engine, image, env });
  return 'built in the engine';
}

/** The image's file system as a tar file, from the cache or built; undefined where it cannot be built here. */
export async function sandboxTar({ log, env, root }) {
  const { version } = sandboxImage(root);
  const cached = fromCache(env, 'sandbox-image', version);
  if (!cached && !canBuildRoot(env)) return undefined;
  const { folder } = cached ?? (await buildRoot({ log, env, root, version }));
  return join(folder, 'root.tar');
}

export function canBuildRoot(env) {
  return process.platform === 'linux' && isRoot() && hasApt(env);
}

function buildRoot({ log, env, root, version }) {
  return throughCache({ env, log, part: 'sandbox-image', version }, async (folder) => {
    const bytes = await buildDebian({ log, env, root, folder, packages: [] });
    return { version, suite: aptSource().suite, bytes };
  });
}

/** Writes `root.tar` into the folder: what every image of ours has, and these packages; answers its size. */
export async function buildDebian({ log, env, root, folder, packages, more = () => {} }) {
  if (!which('debootstrap', withSbin(env))) await aptInstall(['debootstrap'], { log, env });
  const source = aptSource();
  if (!source) throw new Error('This machine names no package mirror that debootstrap could use.');
  const tree = join(folder, 'root');
  log(`building a small ${source.suite} system with debootstrap${packages.length > 0 ? ` with ${packages.join(', ')}` : ''}; about half a minute once`);
  const options = ['--variant=minbase', `--include=${[...RECIPE.packages, ...packages].join(',')}`];
  if (source.keyring) options.push(`--keyring=${source.keyring}`);
  const proxied = { ...withSbin(env), ...(await aptProxy(env)) };
  await run('debootstrap', [...options, source.suite, tree, source.mirror], { env: proxied, timeoutMs: 15 * 60_000 });
  finish(tree, (await provisionRuntime({ log, env, root })).where);
  await more(tree);
  const tar = join(folder, 'root.tar');
  await run('tar', ['--numeric-owner', '--one-file-system', '-cf', tar, '-C', tree, '.'], { timeoutMs: 5 * 60_000 });
  rmSync(tree, { recursive: true, force: true });
  return statSync(tar).size;
}

/** debootstrap does not read apt's own proxy setting. */
async function aptProxy(env) {
  const { stdout } = await run('apt-config', ['shell', 'PROXY', 'Acquire::http::Proxy'], { env, allowFailure: true });
  const proxy = /^PROXY='(.*)'$/m.exec(stdout)?.[1];
  return proxy ? { http_proxy: proxy } : {};
}

function finish(tree, node) {
  const { user, workspace, dropped } = RECIPE;
  copyFileSync(node, join(tree, 'usr/local/bin/node'));
  chmodSync(join(tree, 'usr/local/bin/node'), 0o755);
  appendFileSync(join(tree, 'etc/passwd'), `${user.name}:x:${user.id}:${user.id}::${user.home}:/bin/sh\n`);
  appendFileSync(join(tree, 'etc/group'), `${user.name}:x:${user.id}:\n`);
  for (const folder of [user.home, workspace]) {
    mkdirSync(join(tree, folder), { recursive: true });
    chownSync(join(tree, folder), user.id, user.id);
  }
  for (const folder of dropped) {
    const path = join(tree, folder);
    for (const name of readdirSync(path, { withFileTypes: true })) rmSync(join(path, name.name), { recursive: true, force: true });
  }
  // The mirror of the machine that built it is nobody else's business.
  rmSync(join(tree, 'etc/apt/sources.list'), { force: true });
}

export async function importRoot(engine, image, tar) {
  const { user, workspace } = RECIPE;
  const [repo, tag] = image.split(':');
  const query = new URLSearchParams({ fromSrc: '-', repo, tag });
  const changes = [`USER ${user.id}:${user.id}`, `WORKDIR ${workspace}`, 'ENV PATH=/usr/local/bin:/usr/bin:/bin', 'CMD ["/bin/sh"]'];
  for (const change of changes) query.append('changes', change);
  const { status, body } = await engineCall(engine.host, {
    method: 'POST',
    path: `/images/create?${query}`,
    headers: { 'content-type': 'application/x-tar', 'content-length': statSync(tar).size },
    source: createReadStream(tar, { highWaterMark: 1 << 20 }),
    timeoutMs: 5 * 60_000,
  });
  if (status !== 200 || !(await isIn(engine, image))) throw new Error(`The engine did not import the image: ${lastError(body)}`);
}

/** The way of a machine that is not Debian or where we are not root; needs an image registry that answers. */
async function buildInEngine({ engine, image, env }) {
  const { user, workspace, packages } = RECIPE;
  const { folder } = await throughCache({ env, log: () => {}, part: 'sandbox-recipe', version: image.split(':')[1] }, async (made) => {
    const lines = [
      'FROM node:24-bookworm-slim',
      `RUN apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')} && rm -rf /var/lib/apt/lists/*`,
      `RUN useradd --uid ${user.id} --create-home --home-dir ${user.home} ${user.name}`,
      `RUN install -d -o ${user.id} -g ${user.id} ${workspace}`,
      `USER ${user.id}:${user.id}`,
      `WORKDIR ${workspace}`,
      'ENTRYPOINT []',
      'CMD ["/bin/sh"]',
    ];
    appendFileSync(join(made, 'Dockerfile'), `${lines.join('\n')}\n`);
    await run('tar', ['-cf', join(made, 'context.tar'), '-C', made, 'Dockerfile']);
    return { lines };
  });
  const { status, body } = await engineCall(engine.host, {
    method: 'POST',
    path: `/build?${new URLSearchParams({ t: image })}`,
    headers: { 'content-type': 'application/x-tar' },
    source: createReadStream(join(folder, 'context.tar')),
    timeoutMs: 15 * 60_000,
  });
  if (status !== 200 || !(await isIn(engine, image))) throw new Error(`The engine did not build the image: ${lastError(body)}`);
}

export async function isIn({ host }, image) {
  return (await engineCall(host, { path: `/images/${encodeURIComponent(image)}/json` })).status === 200;
}

/** The engine answers 200 first and reports an error as a later line. */
export function lastError(body) {
  const lines = body.split('\n').map((line) => {
    try {
      const { error, message } = JSON.parse(line);
      return error ?? message;
    } catch {
      return undefined;
    }
  });
  return lines.filter(Boolean).at(-1) ?? body.slice(-300);
}

function withSbin(env) {
  return { ...env, PATH: `${env.PATH}:/usr/sbin:/sbin` };
}

function digestOf(recipe) {
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
}

function part(image, version, how) {
  return { name: 'sandbox-image', ok: true, version, where: image, how, image };
}

/** Named all the same: what waits for the image finds it once it is there. */
function missing(image, version, how, fix) {
  return { name: 'sandbox-image', ok: false, version, where: '', how, fix, image };
}

await runProvisioner(import.meta, 'sandbox-image', provisionSandboxImage);
