// Says of every part where it is and whether it answers. Looks only: it installs, starts and changes nothing.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { isMain, ROOT } from './lib/as-script.mjs';
import { runningInstallation } from './lib/running.mjs';
import { inspectDocker } from './provision-docker.mjs';
import { provisionGitCheck } from './provision-git-check.mjs';
import { inspectPostgres } from './provision-postgres.mjs';
import { inspectRuntime } from './provision-runtime.mjs';
import { inspectSandboxImage } from './provision-sandbox-image.mjs';
import { inspectTemporal } from './provision-temporal.mjs';

const CONNECT_TIMEOUT_MS = 3_000;
const START = 'Run `npm start`.';

/** `{ ok, parts: [{ name, ok, version, where, fix?, data? }] }`: what the CLI's `doctor --json` prints. */
export async function inspectParts({ env, root }) {
  const context = { env, root };
  const running = runningInstallation(context);
  const found = await Promise.all(
    [provisionGitCheck, inspectRuntime, inspectTemporal, inspectPostgres, inspectDocker, inspectSandboxImage].map((inspect) =>
      inspect(context).catch((error) => ({ name: nameOf(inspect), ok: false, version: '', where: '', fix: error.fix ?? error.message })),
    ),
  );
  const told = new Map((running?.parts ?? []).map((part) => [part.name, part]));
  const parts = await Promise.all(found.map((part) => reached(merged(part, told.get(part.name)), running)));
  parts.push(...(running ? await services(running, root, new Set(parts.map(({ name }) => name))) : [notRunning(context)]));
  return { ok: parts.every(({ ok }) => ok), parts };
}

/** The running installation knows what it uses; a terminal may have other settings. The engine is asked here and now. */
function merged({ name, ok, version, where, fix, dataDir }, told) {
  const isTold = told && ['postgres', 'temporal'].includes(name);
  const use = isTold ? { ok: true, version: told.version, where: told.where } : { ok, version, where };
  const data = isTold ? told.data : dataDir;
  return { name, ...use, ...(!use.ok && fix && { fix }), ...(data && { data }) };
}

/** A server is more than its program: where an installation runs it has to answer as well. */
async function reached(part, running) {
  const address = running?.addresses[part.name];
  if (!part.ok || !address || (await accepts(address))) return part;
  return { ...part, ok: false, fix: `Nothing answers at ${address}. Stop Countersign (Ctrl-C), then run \`npm start\`.` };
}

async function services({ addresses }, root, known) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Promise.all(
    Object.entries(addresses)
      .filter(([name]) => !known.has(name))
      .map(async ([name, where]) => {
        const ok = await accepts(where);
        const fix = `Nothing answers at ${where}. Stop Countersign (Ctrl-C), then run \`npm start\`.`;
        return { name, ok, version, where, ...(!ok && { fix }) };
      }),
  );
}

function notRunning({ root }) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { name: 'countersign', ok: false, version, where: root, fix: START };
}

/** An address is a URL or `host:port`. */
function accepts(address) {
  const url = new URL(address.includes('://') ? address : `tcp://${address}`);
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname, port, timeout: CONNECT_TIMEOUT_MS });
    const done = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });
}

function nameOf(inspect) {
  return inspect === provisionGitCheck ? 'git' : inspect.name.replace(/^inspect/, '').toLowerCase();
}

if (isMain(import.meta)) {
  const answer = await inspectParts({ env: process.env, root: ROOT });
  process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  process.exitCode = answer.ok ? 0 : 1;
}
