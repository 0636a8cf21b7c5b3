// Builds every workspace. `npm run build` always does; `npm start` only where a source changed since.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

import { isMain, ROOT } from './lib/as-script.mjs';
import { withLock } from './lib/lock.mjs';
import { makeLog } from './lib/progress.mjs';
import { run } from './lib/run.mjs';
import { sourcesDigest } from './lib/sources.mjs';
import { provisionRuntime } from './provision-runtime.mjs';

const STAMP = 'node_modules/.cache/countersign/build.json';
const BUILD_TIMEOUT_MS = 15 * 60_000;
/** What must be there for a start; gone after a `git clean` although no source changed. */
const PROOF = ['services/standalone/dist', 'services/worker/dist', 'gateway/dist', 'web/.next/BUILD_ID'];

/** Builds unless the last build was of exactly these sources. Returns whether it did. */
export async function buildIfStale(context) {
  const { log, root } = context;
  return withLock(lockFile(root), log, async () => {
    if (readStamp(root) === sourcesDigest(root) && PROOF.every((path) => existsSync(join(root, path)))) return { built: false };
    await buildAndStamp(context);
    return { built: true };
  });
}

const lockFile = (root) => join(root, 'node_modules/.cache/countersign/build.lock');

async function buildAndStamp(context) {
  const stamp = join(context.root, STAMP);
  // The sources as they were when it began: what was changed meanwhile is built next time.
  const digest = sourcesDigest(context.root);
  rmSync(stamp, { force: true });
  await build(context);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, JSON.stringify({ digest }));
}

async function build({ log, env, root, node }) {
  const options = {
    cwd: root,
    env: {
      ...env,
      PATH: [dirname(node), join(root, 'node_modules/.bin'), env.PATH].join(delimiter),
      NX_DAEMON: 'false',
      NX_TUI: 'false',
      NEXT_TELEMETRY_DISABLED: '1',
    },
    timeoutMs: BUILD_TIMEOUT_MS,
  };
  if (existsSync(join(root, 'web/codegen.ts'))) {
    log('generating the types of the console');
    await run(node, [join(root, 'node_modules/.bin/graphql-codegen'), '--config', 'codegen.ts'], { ...options, cwd: join(root, 'web') });
  }
  log('building every workspace');
  await run(node, [join(root, 'node_modules/nx/dist/bin/nx.js'), 'run-many', '-t', 'build', '--output-style=static'], options);
  // The bundle is made of the built packages, so it comes last.
  const bundle = join(root, 'services/worker/dist/write-bundle.js');
  if (existsSync(bundle)) {
    log('bundling the workflows');
    await run(node, [bundle], options);
  }
}

function readStamp(root) {
  try {
    return JSON.parse(readFileSync(join(root, STAMP), 'utf8')).digest;
  } catch {
    return undefined;
  }
}

if (isMain(import.meta)) {
  const log = makeLog('build');
  const context = { log, env: process.env, root: ROOT };
  try {
    const { where: node } = await provisionRuntime(context);
    if (process.argv.includes('--if-stale')) {
      const { built } = await buildIfStale({ ...context, node });
      log(built ? 'done' : 'nothing changed');
    } else {
      await withLock(lockFile(ROOT), log, () => buildAndStamp({ ...context, node }));
      log('done');
    }
  } catch (error) {
    log(error.message);
    process.exitCode = 1;
  }
}
