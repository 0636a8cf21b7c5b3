// `npm start`: has every part, builds what changed, then runs services/standalone on Node 24.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { buildIfStale } from './build.mjs';
import { ROOT } from './lib/as-script.mjs';
import { leaveDaemon, useDaemon } from './lib/dockerd.mjs';
import { installPackages } from './lib/packages.mjs';
import { startTimeOf, thisProcess } from './lib/process-table.mjs';
import { timed } from './lib/progress.mjs';
import { runningInstallation } from './lib/running.mjs';
import { isAtLeast } from './lib/version.mjs';
import { provisionDocker } from './provision-docker.mjs';
import { provisionGitCheck } from './provision-git-check.mjs';
import { provisionPostgres } from './provision-postgres.mjs';
import { provisionRuntime } from './provision-runtime.mjs';
import { provisionSandboxImage } from './provision-sandbox-image.mjs';
import { provisionTemporal } from './provision-temporal.mjs';

const MIN_NODE = '20.3';
const MAIN = 'services/standalone/dist/main.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const begunAt = Date.now();
const env = process.env;
const steps = [];
let isInterrupted = false;

function say(line) {
  process.stdout.write(`${line}\n`);
}

/** Shows a step when it is done, and while it works what it does; returns its answer. */
async function step(name, work, describe = () => '') {
  if (isInterrupted) throw new Error('Stopped.');
  const log = (line) => say(`  … ${name.padEnd(14)} ${line}`);
  const { result, ms } = await timed(log, 'at work', () => work({ log, env, root: ROOT }));
  const mark = result.ok === false ? '!' : '✓';
  const text = result.ok === false ? `${result.how} To go on: ${result.fix}` : describe(result);
  say(`  ${mark} ${name.padEnd(14)} ${`${(ms / 1000).toFixed(1)} s`.padStart(7)}  ${text}`);
  steps.push({ name, ms });
  return result;
}

const versionAndPlace = ({ version, where }) => `${version}  ${where}`;

async function prepare() {
  const git = await step('git', provisionGitCheck, versionAndPlace);
  const packages = step('packages', installPackages, ({ installed }) => (installed ? 'installed' : 'unchanged'));
  const runtime = packages.then(() => step('runtime', provisionRuntime, versionAndPlace));
  const user = thisProcess();
  const docker = step('docker', (context) => provisionDocker({ ...context, user }), versionAndPlace);
  const parts = await settled([
    runtime,
    packages.then(() => step('postgres', provisionPostgres, versionAndPlace)),
    env.TEMPORAL_ADDRESS ? externalTemporal(env.TEMPORAL_ADDRESS) : step('temporal', provisionTemporal, versionAndPlace),
    docker,
    Promise.all([docker, runtime]).then(() => step('sandbox image', provisionSandboxImage, versionAndPlace)),
    runtime.then(({ where: node }) =>
      step('build', (context) => buildIfStale({ ...context, node }), ({ built }) => (built ? 'built' : 'unchanged')),
    ),
  ]);
  return [git, ...parts.filter(({ name }) => name)];
}

function externalTemporal(address) {
  return { name: 'temporal', ok: true, version: 'as given', where: address, how: 'TEMPORAL_ADDRESS', isExternal: true };
}

/** Waits for all of them even where one fails, so that nothing is left at work; then throws the first failure. */
async function settled(promises) {
  const results = await Promise.allSettled(promises);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
  return results.map(({ value }) => value);
}

function runMain(parts) {
  const { where: node } = parts.find(({ name }) => name === 'runtime');
  const child = spawn(node, ['--enable-source-maps', join(ROOT, MAIN)], {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...env,
      PATH: [dirname(node), env.PATH].join(delimiter),
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
