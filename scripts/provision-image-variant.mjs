// Images of projects with the image `auto`: `node scripts/provision-image-variant.mjs python node`.
import { cpSync, existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { isMain, runProvisioner } from './lib/as-script.mjs';
import { throughCache } from './lib/cache.mjs';
import { engineCall, findEngine } from './lib/docker-api.mjs';
import { imageVariant } from './lib/image-variants.mjs';
import { run, which } from './lib/run.mjs';
import { buildDebian, canBuildRoot, importRoot, isIn, lastError, sandboxImage } from './provision-sandbox-image.mjs';
import { provisionRuntime } from './provision-runtime.mjs';

const PULL_MS = 10 * 60_000;

/** The image is found, pulled or built; where none of these can be done the answer says `ok: false` and what to type. */
export async function provisionImageVariant({ log, env, root, languages }) {
  const variant = imageVariant(languages, sandboxImage(root).version);
  const { names, image, official } = variant;
  const engine = await findEngine(env);
  if (!engine) return answer(variant, image, false, 'no engine answers', 'Run `node scripts/provision-docker.mjs`.');
  for (const found of [image, official]) if (found && (await isIn(engine, found))) return answer(variant, found, true, 'in the engine');
  if (official && (await pull(engine, official, log))) return answer(variant, official, true, 'pulled');
  const fix = `Run \`sudo node scripts/provision-image-variant.mjs ${names.join(' ')}\`, or set the project's image to one that your engine has.`;
  if (!canBuildRoot(env)) return answer(variant, image, false, 'no registry answers, and only root can build an image here', fix);
  try {
    const tar = await variantTar({ log, env, root, variant });
    log(`importing ${image}`);
    await importRoot(engine, image, tar);
    return answer(variant, image, true, 'built with debootstrap');
  } catch (error) {
    return answer(variant, image, false, error.message.split('\n').slice(0, 3).join(' '), fix);
  }
}

async function pull(engine, image, log) {
  log(`pulling ${image}`);
  const path = `/images/create?fromImage=${encodeURIComponent(image)}`;
  try {
    const { status, body } = await engineCall(engine.host, { method: 'POST', path, timeoutMs: PULL_MS });
    if (status === 200 && (await isIn(engine, image))) return true;
    log(`no registry has ${image} for us: ${lastError(body).slice(0, 200)}`);
  } catch (error) {
    log(`pulling ${image} failed: ${error.message}`);
  }
  return false;
}

async function variantTar({ log, env, root, variant: { names, packages, version } }) {
  const { folder } = await throughCache({ env, log, part: `sandbox-${names.join('-')}`, version }, async (made) => {
    const more = async (tree) => {
      if (names.includes('node')) addNpm(tree, await npmOf({ log, env, root }), log);
      // Debian's pip refuses to install anything outside of a virtual environment, which images of Python do not.
      for (const name of readdirSync(join(tree, 'usr/lib'))) if (/^python3/.test(name)) rmSync(join(tree, 'usr/lib', name, 'EXTERNALLY-MANAGED'), { force: true });
    };
    const bytes = await buildDebian({ log, env, root, folder: made, packages, more });
    return { version, bytes };
  });
  return join(folder, 'root.tar');
}

/** npm is plain JavaScript: that of a Node on this machine will do. */
async function npmOf({ log, env, root }) {
  const { where } = await provisionRuntime({ log, env, root });
  const programs = [where, which('npm', env)].filter(Boolean);
  return programs.flatMap((program) => ['../lib/node_modules/npm', '../../lib/node_modules/npm'].map((path) => join(dirname(program), path))).find((path) => existsSync(path));
}

function addNpm(tree, npm, log) {
  if (npm === undefined) return log('this machine has no npm to put into the image');
  const target = join(tree, 'usr/local/lib/node_modules/npm');
  cpSync(npm, target, { recursive: true, dereference: true });
  for (const name of ['npm', 'npx']) symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(tree, 'usr/local/bin', name));
  return log(`with npm from ${npm}`);
}

function answer({ names, version }, image, ok, how, fix) {
  return { name: `image-${names.join('-')}`, ok, version, where: ok ? image : '', how, image, ...(fix && { fix }) };
}

if (isMain(import.meta)) {
  const languages = process.argv.slice(2);
  await runProvisioner(import.meta, 'image', (options) => provisionImageVariant({ ...options, languages }));
}
