import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { harness } from '../../../../services/requests/test/harness.js';
import { ALLOW_MARK } from '../allow.js';
import { edgeReview } from '../edge.js';
import type { Row } from '../row.js';
import { atPlanReview, passes } from '../votes.js';
import type { Person, World } from '../world.js';

const YEARS_MS = 10 * 365 * 86_400_000;
/** A slow machine is no lie about time. */
const SLACK_MS = 5_000;
const FAR_MS = Date.parse('9999-01-01');

/** What a call says that its client's clock shows. */
const said = new AsyncLocalStorage<Date>();
const serverClock = (): Date => new Date();
/** The mutation: a service that takes the client's word for the time. */
const clientClock = Object.assign((): Date => said.getStore() ?? new Date(), { mark: ALLOW_MARK });

/** Runs before the command, and makes its whole process live at another time. */
function clockModule(offMs: number): string {
  const text = `const Real = Date, off = ${offMs};
    globalThis.Date = class extends Real { constructor(...all) { if (all.length) super(...all); else super(Real.now() + off); } static now() { return Real.now() + off; } };
    process.stderr.write('here it is ' + new Date().toISOString() + '\\n');`;
  return `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`;
}

type Told = { readonly stdout: string; readonly stderr: string };

/** `countersign approve` on a machine whose clock is off, by somebody with a profile of their own. */
async function approveAt(world: World, person: Person, offMs: number, args: readonly string[]): Promise<Told> {
  const home = mkdtempSync(join(tmpdir(), 'countersign-clock-'));
  mkdirSync(join(home, 'countersign'));
  const profile = { issuer: world.app.state().addresses['issuer'], subject: person.name, tenant: null, roles: [], accessToken: person.token, refreshToken: null, expiresAt: FAR_MS };
  writeFileSync(join(home, 'countersign/off.json'), JSON.stringify(profile), { mode: 0o600 });
  const env = { ...world.app.env, XDG_CONFIG_HOME: home, NODE_OPTIONS: `--import=${clockModule(offMs)}` };
  try {
    return await new Promise((resolve) => {
      execFile(process.execPath, ['packages/cli/bin/countersign.mjs', 'approve', ...args, '--profile', 'off', '--json'], { env, timeout: 60_000 }, (_error, stdout, stderr) => resolve({ stdout, stderr }));
    });
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** The time in the signed bytes of an envelope. */
function signedAt(envelope: string): number {
  const { payload } = JSON.parse(envelope) as { readonly payload: string };
  const { predicate } = JSON.parse(Buffer.from(payload, 'base64').toString()) as { readonly predicate: { readonly at: string } };
  return Date.parse(predicate.at);
}

async function signedTimes(world: World, id: string): Promise<readonly number[]> {
  const rows = await world.sql<{ envelope: string }>("SELECT envelope FROM requests.decision WHERE request_id = $1 AND actor_kind = 'person'", [id]);
  return rows.map(({ envelope }) => signedAt(envelope));
}

/** Says the time in every way that HTTP and GraphQL have; what the schema does not know is refused. */
async function sayTime(world: World, id: string, digest: string, at: Date) {
  const { reviewer } = world.people;
  const headers = { date: at.toUTCString(), 'x-request-start': String(at.getTime()), 'x-timestamp': at.toISOString(), 'if-unmodified-since': at.toUTCString() };
  const input = { id, gate: 'plan', digest, verdict: 'approve' };
  const decide = 'mutation ($input: DecideInput!) { decide(input: $input) { outcome } }';
  const member = await world.ask(reviewer, decide, { input: { ...input, at: at.toISOString() } }, headers);
  const now = Date.now();
  const expired = world.tokenFor('reviewer', { iat: Math.floor(now / 1000) - 7200, exp: Math.floor(now / 1000) - 3600 });
  const stale = await world.ask({ ...reviewer, token: expired }, decide, { input }, { ...headers, date: new Date(now - 5_400_000).toUTCString() });
  const vote = await world.ask(reviewer, decide, { input }, headers);
  return [member.refusal, stale.refusal, (vote.data?.['decide'] as { readonly outcome: string } | undefined)?.outcome === 'refused' ? 'refused' : vote.refusal];
}

/** Whether a client whose clock is years ahead gets its time signed. */
async function isTaken(clock: () => Date): Promise<boolean> {
  const h = await harness({}, { clock });
  try {
    const id = await h.create();
    const shown = await h.toPlanReview(id);
    const ahead = new Date(Date.now() + YEARS_MS);
    const { decisionId } = await said.run(ahead, () => h.vote(id, 'reviewer', 'plan', shown));
    const [row] = await h.asOwner<{ envelope: string }>('SELECT envelope FROM requests.decision WHERE id = $1', [decisionId]);
    return Math.abs(signedAt(row?.envelope ?? '') - Date.now()) > YEARS_MS / 2;
  } finally {
    await h.close();
  }
}

export const row: Row = {
  number: 35,
  title: 'client clock years off',
  class: 'no effect',
  guard: "the server's clock, and not one that a call brings with it",
  isMutation: true,
  async control(world) {
    const id = await edgeReview(world);
    const { digest } = await world.gate(id, 'plan');
    const voter = await world.person('on-time', 'reviewer');
    const { stdout, stderr } = await approveAt(world, voter, 0, [id, '--gate', 'plan', '--digest', digest]);
    if (!/recorded|pending/.test(stdout)) throw new Error(`approve: ${stdout} ${stderr}`);
    await passes(world, id, 'plan');
  },
  async attack(world) {
    const [id, past, future] = await Promise.all([
      world.project('clock', { approvalsRequired: 3 }).then((project) => atPlanReview(world, project)),
      world.person('past', 'reviewer'),
      world.person('future', 'reviewer'),
    ]);
    const { digest } = await world.gate(id, 'plan');
    const from = Date.now();
    const told = await Promise.all([approveAt(world, past, -YEARS_MS, [id, '--gate', 'plan', '--digest', digest]), approveAt(world, future, YEARS_MS, [id, '--gate', 'plan', '--digest', digest])]);
    for (const [n, { stdout, stderr }] of told.entries()) {
      const year = new Date(from + (n === 0 ? -YEARS_MS : YEARS_MS)).getUTCFullYear();
      if (!stderr.includes(`here it is ${year}-`) || !/recorded|pending/.test(stdout)) throw new Error(`approve in ${year}: ${stdout} ${stderr}`);
    }
    const answers = await sayTime(world, id, digest, new Date(from - YEARS_MS));
    if (answers.join() !== 'INVALID_INPUT,UNAUTHENTICATED,') throw new Error(`Said times were answered ${answers.join()}`);
    const to = Date.now();
    const times = await signedTimes(world, id);
    const happened = times.length !== 3 || times.some((at) => at < from - SLACK_MS || at > to + SLACK_MS);
    const offS = Math.ceil(Math.max(...times.map((at) => Math.max(from - at, at - to, 0))) / 1000);
    return { class: 'no effect', canary: `signed within ${Math.ceil((to - from) / 1000) + offS} s of the server's time`, happened, worksAfterwards: await passes(world, id, 'plan') };
  },
  guardOff: async () => ({ asBuilt: await isTaken(serverClock), allowed: await isTaken(clientClock) }),
};
