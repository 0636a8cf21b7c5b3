import { setTimeout as pause } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { readRootKey, verifyBundle } from '@countersign/verify';

import { branchesOf } from '../e2e/traces.js';
import { waitFor } from '../src/index.js';
import type { Seen } from './row.js';
import { onScratch } from './stage.js';
import { must, type Project, type World } from './world.js';

const WAIT_MS = 60_000;

/** What a row's attack finds: a request that waits for its plan's approval, and evidence against somebody in the log. */
export type Scene = {
  readonly world: World;
  readonly id: string;
  readonly bare: string;
  readonly tenant: string;
  /** Which log of the tenant it is. */
  readonly n: number;
  readonly size: number;
  /** An even leaf: the requester's attempt to approve what he asked for. The next leaf is another such attempt. */
  readonly leaf: number;
  /** A checkpoint over both, kept by somebody outside. */
  readonly earlier: string;
  /** What was exported on the request while the log was whole. */
  readonly before: string;
};

let project: Promise<Project> | undefined;
let parked: Promise<string> | undefined;

/** Brings a request to its plan's approval, while the row before still waits for its own to be published. */
function park(world: World): Promise<string> {
  const made = (project ??= world.project('broken')).then(async (of) => {
    const id = await world.request(of);
    await world.until(id, 'PLAN_REVIEW');
    return id;
  });
  made.catch(() => undefined);
  return made;
}

/** What `audit export` gets, with nothing of our client. */
export async function exportOf({ gateway, people }: World, wish: { readonly request?: string; readonly from?: string; readonly earlier?: string }): Promise<string> {
  const headers = { authorization: `Bearer ${people.admin.token}`, 'content-type': 'application/json' };
  const made = await fetch(`${gateway}/audit/exports`, { method: 'POST', headers, body: JSON.stringify(wish) });
  const answer = await made.text();
  if (!made.ok) throw new Error(`The export of ${JSON.stringify(wish)} was refused: ${answer}`);
  const { id } = JSON.parse(answer) as { id: string };
  return (await fetch(`${gateway}/audit/exports/${id}`, { headers })).text();
}

/** The key that somebody pinned when the installation was new. */
export function pinnedRoot({ app }: World): Uint8Array {
  return readRootKey(readFileSync(join(app.dataDir, 'secrets/signing/root.pub'), 'utf8'));
}

function requireVerified(bundle: string, root: Uint8Array, earlierCheckpoint?: string): void {
  const { exitCode, fault } = verifyBundle(bundle, { root, ...(earlierCheckpoint !== undefined && { earlierCheckpoint }) });
  if (exitCode !== 0) throw new Error(`A whole log does not verify: ${JSON.stringify(fault)}`);
}

type LogNow = { readonly tenant: string; readonly n: number; readonly size: number; readonly waiting: number };

/** `waiting`: entries of services/requests that the current log does not have. */
export async function logNow(world: World): Promise<LogNow> {
  const [row] = await world.sql<LogNow>(
    `SELECT t.tenant_id AS tenant, t.n, (SELECT coalesce(max(size), 0)::int FROM log.checkpoint c WHERE c.tenant_id = t.tenant_id AND c.n = t.n) AS size,
            (SELECT count(*)::int FROM requests.audit_entry a WHERE a.tenant_id = t.tenant_id AND a.id > coalesce((SELECT max(source_id) FROM log.leaf l WHERE l.tenant_id = t.tenant_id AND l.n = t.n AND source = 'requests'), 0)) AS waiting
       FROM log.tree t ORDER BY t.n DESC LIMIT 1`,
  );
  if (!row) throw new Error('There is no log');
  return row;
}

async function integrated(world: World): Promise<LogNow> {
  let now = await logNow(world);
  await waitFor(async () => (now = await logNow(world)).waiting === 0, WAIT_MS, () => `${now.waiting} entries are not integrated\n${world.app.output().slice(-3000)}`);
  return now;
}

async function attemptsIn(world: World, id: string, n: number): Promise<readonly number[]> {
  const rows = await world.sql<{ index: number }>(`SELECT "index"::int AS index FROM log.leaf WHERE n = $1 AND request_id = $2 AND type = 'decision-refused' ORDER BY 1`, [n, id]);
  return rows.map(({ index }) => index);
}

async function scene(world: World): Promise<Scene> {
  const from = new Date().toISOString();
  // What was begun before may have met a row that killed the installation.
  const id = await (parked ?? park(world)).catch(() => park(world));
  parked = undefined;
  const root = pinnedRoot(world);
  let attempts: readonly number[] = [];
  const first = (): number | undefined => attempts.find((index) => index % 2 === 0 && attempts.includes(index + 1));
  while (first() === undefined) {
    const { code } = await world.decide(world.people.maintainer, id, 'plan');
    if (code !== 'OWN_REQUEST') throw new Error(`The requester's own vote was answered with ${code}`);
    attempts = await attemptsIn(world, id, (await integrated(world)).n);
  }
  const before = await exportOf(world, { request: id });
  requireVerified(before, root);
  // Entries that are not the request's lie at the end, and the last leaf has a sibling: what is cut or moved there is in no proof of the request's.
  let now = await integrated(world);
  let earlier: string | undefined;
  for (let others = 0; others < 2 || now.size % 2 === 1; others += 1) {
    const bundle = await exportOf(world, { from, ...(earlier !== undefined && { earlier }) });
    requireVerified(bundle, root, earlier);
    earlier = (JSON.parse(bundle) as { checkpoint: string }).checkpoint;
    now = await integrated(world);
  }
  return { world, id, bare: (await (project as Promise<Project>)).bare, ...now, leaf: first() as number, earlier: earlier as string, before };
}

let whole: Promise<void> | undefined;

/** The same way without an attack, once for all rows: the log goes on, it verifies against what was kept, and the request is published. */
export function withoutAttack(): Promise<void> {
  return (whole ??= onScratch(async (world) => {
    const { id, size, earlier } = await scene(world);
    await world.decide(world.people.reviewer, id, 'plan');
    parked = park(world);
    await world.until(id, 'MERGE_REVIEW');
    const now = await integrated(world);
    if (now.size <= size) throw new Error('The log did not go on');
    requireVerified(await exportOf(world, { request: id, earlier }), pinnedRoot(world), earlier);
  }));
}

/** Why a request's next effect waits, as Temporal tells it. */
async function whyItWaits(world: World, id: string): Promise<string> {
  const handle = world.temporal.workflow.getHandle(`request-${id}`);
  let codes: readonly string[] = [];
  const isHeld = async (): Promise<boolean> => {
    const { raw } = await handle.describe();
    codes = (raw.pendingActivities ?? []).flatMap(({ lastFailure }) => lastFailure?.applicationFailureInfo?.type ?? []);
    return codes.length > 0 && (await world.state(id)) === 'PUBLISHING';
  };
  await waitFor(isHeld, WAIT_MS, () => `${id} is not held back\n${world.app.output().slice(-3000)}`);
  return codes.join(' ');
}

/**
 * An attack on the log of a running installation, from its discovery to the recovery. What discovers it: the sweep that an
 * export begins with (there is one at the start, every ten minutes and at every export; `log status` only tells).
 */
export function detected(tamper: (scene: Scene) => Promise<void>, { withEarlier = false } = {}): Promise<Seen> {
  return onScratch(async (world) => {
    const made = await scene(world);
    const { id, bare, n, earlier } = made;
    const { people } = world;
    const root = pinnedRoot(world);
    await tamper(made);
    const { size } = await logNow(world);
    const verdict = verifyBundle(await exportOf(world, { request: id }), { root, ...(withEarlier && { earlierCheckpoint: earlier }) });
    await world.decide(people.reviewer, id, 'plan');
    const code = await whyItWaits(world, id);
    if (branchesOf(bare).some((branch) => branch.includes(id))) throw new Error(`${id} was pushed all the same`);
    await pause(500);
    const broken = await logNow(world);
    parked = park(world);

    const refused = await world.ask(people.observer, 'mutation { recoverLog { origin } }');
    if (refused.refusal !== 'FORBIDDEN') throw new Error(`An observer's recovery was answered with ${refused.text}`);
    must(await world.ask(people.admin, 'mutation { recoverLog { origin lost entered } }'));
    await world.until(id, 'MERGE_REVIEW');
    const after = await integrated(world);
    const { exitCode } = verifyBundle(await exportOf(world, { request: id }), { root });
    return {
      class: 'detected',
      exitCode: verdict.exitCode,
      where: verdict.fault?.where ?? '',
      integrationStopped: broken.n === n && broken.size === size && broken.waiting > 0,
      code,
      worksAfterRecovery: exitCode === 0 && after.n === n + 1,
    };
  });
}

/** All of it or nothing, while no entry is appended; as a superuser. */
export async function asOne({ world, tenant }: Pick<Scene, 'world' | 'tenant'>, statements: readonly string[]): Promise<void> {
  const lock = `SELECT pg_advisory_xact_lock(hashtextextended('countersign:log:${tenant}', 0))`;
  await world.sql(['BEGIN', lock, ...statements, 'COMMIT'].join(';\n'));
}
