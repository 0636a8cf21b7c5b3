import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';

import { DockerSandboxAdapter } from '../../../sandbox/src/index.js';
import { DOCKER_GUARDS, type DockerGuards } from '../../../sandbox/src/docker/docker-guards.js';
import { aHarness, imageOfRun } from '../../../sandbox/test/sandbox-harness.js';
import { quoteWord } from '../../../git/src/quote-word.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { onScratch } from '../stage.js';
import { must, type World } from '../world.js';

type Target = readonly [host: string, port: number];
type Reached = { readonly reached: readonly string[]; readonly keys: readonly string[] };

const METADATA: Target = ['169.254.169.254', 80];
/** Where container engines have the host on their own bridge. */
const BRIDGE = '172.17.0.1';
const MARK = 'REACHED ';

/** Tries every address, and reads every environment that it can see for what only the installation has. */
function reaching(targets: readonly Target[]): string {
  return `
const { connect } = require("node:net");
const { readdirSync, readFileSync } = require("node:fs");
const targets = ${JSON.stringify(targets)};
const reach = (place) => new Promise((resolve) => {
  const socket = connect({ ...place, timeout: 2000 });
  const end = (is) => () => { socket.destroy(); resolve(is); };
  socket.once("connect", end(true)).once("timeout", end(false)).once("error", end(false));
});
const environmentOf = (pid) => { try { return readFileSync("/proc/" + pid + "/environ", "latin1").split("\\0"); } catch { return []; } };
const environments = readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name)).flatMap(environmentOf);
const keys = [...new Set(environments.map((line) => line.split("=")[0]).filter((name) => /^COUNTERSIGN_|_API_KEY$|^(DATABASE|TEMPORAL|PG)/.test(name)))];
const sockets = ["/var/run/docker.sock", "/run/docker.sock"];
Promise.all([...targets.map(([host, port]) => reach({ host, port })), ...sockets.map((path) => reach({ path }))]).then((open) => {
  const names = [...targets.map((target) => target.join(":")), ...sockets];
  console.log("${MARK}" + JSON.stringify({ reached: names.filter((_, at) => open[at]), keys }));
});`;
}

function reportsIn(text: string): readonly Reached[] {
  // What was run is told as well, with the mark in quotes.
  return [...text.matchAll(new RegExp(`${MARK}(\\{.*\\})`, 'g'))].map(([, json = '']) => JSON.parse(json) as Reached);
}

function targetOf(address: string): Target {
  const { hostname, port } = new URL(address.includes('://') ? address : `tcp://${address}`);
  return [hostname, Number(port)];
}

/** Of the installation, by the loopback and by every address of the host, the bridges of container engines among them. */
function targetsOf(world: World): readonly Target[] {
  const own = Object.values(networkInterfaces()).flatMap((all = []) => all.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address));
  const { addresses } = world.app.state();
  const parts = ['gateway', 'temporal', 'postgres'].map((name) => targetOf(addresses[name] ?? ''));
  return [...parts, ...[...new Set([...own, BRIDGE])].flatMap((host) => parts.map(([, port]): Target => [host, port])), METADATA];
}

const nameOf = (target: Target): string => target.join(':');

async function logOf(world: World, id: string): Promise<string> {
  let text = '';
  for (let after = 0; ; ) {
    const { log } = must(await world.ask(world.people.reviewer, 'query ($id: ID!, $after: SafeInt) { log(id: $id, after: $after) { text next } }', { id, after })) as { log: { text: string; next: number } };
    if (log.next === after) return text;
    text += log.text;
    after = log.next;
  }
}

/** Whether code in a sandbox reaches the database and the engine of the tests. */
async function comesThrough(guards: DockerGuards): Promise<boolean> {
  const host = process.env['DOCKER_HOST'];
  const targets = [targetOf(process.env['DATABASE_URL'] ?? ''), targetOf(process.env['TEMPORAL_ADDRESS'] ?? '')];
  const installation = `tamper-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const harness = await aHarness(imageOfRun(), () => new DockerSandboxAdapter({ installation, guards, ...(host && { host }) }));
  try {
    const session = await harness.sandbox.open(await harness.aSpec({ name: 'reaching', requestId: 'reaching' }));
    const { stdout, stderr } = await session.exec({ argv: ['node', '-e', reaching(targets)], timeoutMs: 30_000, maxOutputBytes: 100_000 });
    const [report] = reportsIn(stdout);
    if (!report) throw new Error(`The sandbox said nothing: ${stderr}`);
    return targets.every((target) => report.reached.includes(nameOf(target)));
  } finally {
    await harness.close();
  }
}

export const row: Row = {
  number: 31,
  breaks: true,
  title: 'code in the sandbox reaches for gateway, Temporal, Postgres, metadata',
  class: 'no effect',
  guard: 'networkOf',
  /** The same program outside. */
  control: () => onScratch(async (world) => {
    const stdout = execFileSync(process.execPath, ['-e', reaching(targetsOf(world))], { encoding: 'utf8', env: { ...world.app.env } });
    const [report] = reportsIn(stdout);
    const parts = targetsOf(world).slice(0, 3).map(nameOf);
    if (!parts.every((name) => report?.reached.includes(name)) || !report?.keys.some((name) => name.startsWith('COUNTERSIGN_'))) throw new Error(`Outside of a sandbox it reaches only ${stdout}`);
  }),
  // Where containers are what it is about.
  attack: () => onScratch(async (world) => {
    const targets = targetsOf(world);
    const id = await world.toMergeReview(await world.project('reaching', { testCommand: `node -e ${quoteWord(reaching(targets))}` }));
    const reports = reportsIn(await logOf(world, id));
    // Of the tests on the base and of those on the change.
    if (reports.length < 2) throw new Error(`The program ran ${reports.length} times`);
    const reached = [...new Set(reports.flatMap((report) => [...report.reached, ...report.keys]))];
    const { outcome } = await world.decide(world.people.reviewer, id, 'merge');
    await world.until(id, 'DONE');
    return { class: 'no effect', canary: `reached: ${reached.join(' ') || 'none'} of ${targets.length + 2}`, happened: reached.length > 0, worksAfterwards: outcome !== 'refused' };
  }),
  guardOff: async () => ({ asBuilt: await comesThrough(DOCKER_GUARDS), allowed: await comesThrough({ networkOf: allow('host') }) }),
};
