// `npm start`: has every part, builds what changed, then runs services/standalone on Node 24.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { buildIfStale } from './build.mjs';
import { ROOT } from './lib/as-script.mjs';
import { leaveDaemon, useDaemon } from './lib/dockerd.mjs';
import { makePreparation } from './lib/prepare.mjs';
import { startTimeOf, thisProcess } from './lib/process-table.mjs';
import { runningInstallation } from './lib/running.mjs';
import { isAtLeast } from './lib/version.mjs';

const MIN_NODE = '20.3';
const MAIN = 'services/standalone/dist/main.js';
const COMPILED = 'node_modules/.cache/countersign/compiled';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const begunAt = Date.now();
const env = process.env;
let isInterrupted = false;

function say(line) {
  process.stdout.write(`${line}\n`);
}

const { steps, everything } = makePreparation({ env, root: ROOT, say, isInterrupted: () => isInterrupted });

const prepare = () =>
  everything({
    whenRuntime: ({ step, node }) =>
      step('build', (context) => buildIfStale({ ...context, node }), ({ built }) => (built ? 'built' : 'unchanged')),
  });

function runMain(parts) {
  const { where: node } = parts.find(({ name }) => name === 'runtime');
  const child = spawn(node, ['--enable-source-maps', join(ROOT, MAIN)], {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...env,
      PATH: [dirname(node), env.PATH].join(delimiter),
      // A start reads 4,500 files of code: compiled once a version.
      NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE ?? join(ROOT, COMPILED),
      COUNTERSIGN_PARTS: JSON.stringify({ root: ROOT, begunAt, parts, steps }),
    },
  });
  const ref = { pid: child.pid, startTime: startTimeOf(child.pid) ?? 0 };
  useDaemon(env, ref);
  const forward = (signal) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', async (code, signal) => {
      await leaveDaemon(env, thisProcess());
      await leaveDaemon(env, ref);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

async function main() {
  if (!isAtLeast(process.versions.node, MIN_NODE)) {
    say(`Node ${process.versions.node} is too old to begin with. Install Node ${MIN_NODE} or newer.`);
    return 1;
  }
  const running = runningInstallation({ env, root: ROOT });
  if (running) {
    say(`Countersign is already running (process ${running.pid}, data in ${running.folder}).`);
    for (const [name, address] of Object.entries(running.addresses)) say(`  ${name.padEnd(14)} ${address}`);
    return 0;
  }
  say('Countersign: preparing');
  // What is at work ends by itself then: each command gets the signal as well.
  const interrupt = () => (isInterrupted = true);
  for (const signal of SIGNALS) process.on(signal, interrupt);
  const parts = await prepare().catch((error) => error);
  for (const signal of SIGNALS) process.off(signal, interrupt);
  if (isInterrupted || parts instanceof Error) {
    await leaveDaemon(env, thisProcess());
    say(`\n${isInterrupted ? 'Stopped.' : parts.message}`);
    if (!isInterrupted && parts.fix) say(`To go on: ${parts.fix}`);
    return isInterrupted ? 130 : 1;
  }
  say(`Countersign: prepared in ${((Date.now() - begunAt) / 1000).toFixed(1)} s`);
  return runMain(parts);
}

process.exitCode = await main();
