import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { CLASSES, type GuardOff, type Row, type Seen } from './row.js';
import { closeWorlds, sharedWorld } from './stage.js';

const ROWS = join(process.cwd(), 'packages/testing/tamper/rows');
/** Of issue 5. */
const COUNT = 42;
const AT_ONCE = 8;
const SUITE_MS = 8 * 60_000;
/** Some of them, for the work on one: `TAMPER_ROWS=1,2 npm run tamper`. */
const only = process.env['TAMPER_ROWS']?.split(',').map(Number);

type Outcome = { readonly row: Row; readonly control: Promise<void>; readonly attack: Promise<Seen>; readonly guardOff: Promise<GuardOff> };

const rows = readdirSync(ROWS)
  .filter((name) => /^\d\d-.*\.ts$/.test(name))
  .sort()
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a row is found by its file, as a stranger finds it.
  .map((name) => (require(join(ROWS, name)) as { readonly row: Row }).row)
  .filter(({ number }) => only?.includes(number) ?? true);
const outcomes = new Map<Row, Outcome>();
const lines = new Map<Row, string>();
/** Of all three runs, beside the other rows. */
const seconds = new Map<Row, number>();

/** So many at a time; what fails is told where it is awaited. */
function limiter(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => void waiting.push(resolve));
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}

beforeAll(async () => {
  const world = await sharedWorld();
  const [atOnce, oneByOne] = [limiter(AT_ONCE), limiter(1)];
  for (const row of rows) {
    const begun = Promise.withResolvers<void>();
    const control = begun.promise.then(() => row.control(world));
    // One after the other, whatever came of the one before.
    const attack = control.catch(() => undefined).then(() => row.attack(world));
    const guardOff = attack.catch(() => undefined).then(() => row.guardOff());
    for (const each of [control, attack, guardOff]) each.catch(() => undefined);
    void (row.breaks ? oneByOne : atOnce)(async () => {
      const begin = performance.now();
      begun.resolve();
      await guardOff.catch(() => undefined);
      seconds.set(row, (performance.now() - begin) / 1000);
    });
    outcomes.set(row, { row, control, attack, guardOff });
  }
}, 180_000);

afterAll(async () => {
  await Promise.allSettled([...outcomes.values()].map(({ guardOff }) => guardOff));
  await closeWorlds();
  const table = rows.map((row) => `${(seconds.get(row) ?? 0).toFixed(0).padStart(3)} s  ${lines.get(row) ?? `${nameOf(row)}  FAILED`}`).join('\n');
  mkdirSync('.countersign-test', { recursive: true });
  writeFileSync('.countersign-test/tamper.txt', `${table}\n`);
  process.stdout.write(`\n${table}\n`);
}, SUITE_MS);

const nameOf = ({ number, title }: Row): string => `${String(number).padStart(2)} ${title}`;

function expectClass(row: Row, seen: Seen): void {
  expect(seen.class).toBe(row.class);
  switch (seen.class) {
    case 'refused':
      expect([seen.code, seen.worksAfterwards]).toEqual([expect.stringMatching(/^[A-Z][A-Z_]+( \S+)?$/), true]);
      if ('isUntouched' in seen.left) expect([row.number, seen.left.isUntouched]).toEqual([11, true]);
      else expect('counterGrewBy' in seen.left ? seen.left.counterGrewBy : seen.left.type.length).toBeGreaterThan(0);
      return;
    case 'dropped':
      expect([seen.wasAccepted, seen.code, seen.left.type, seen.honestVoteCounts]).toEqual([true, expect.stringMatching(/^[A-Z_]+$/), 'vote-dropped', true]);
      return;
    case 'fenced':
      expect([new Set(seen.codes), seen.left.type, seen.moved]).toEqual([new Set(['RUN_SUPERSEDED']), 'run-superseded', false]);
      return;
    case 'detected':
      expect([seen.exitCode, seen.integrationStopped, seen.code, seen.worksAfterRecovery]).toEqual([8, true, 'LOG_BROKEN', true]);
      expect(seen.where.length).toBeGreaterThan(0);
      return;
    case 'no effect':
      expect([seen.canary.length > 0, seen.happened, seen.worksAfterwards]).toEqual([true, false, true]);
  }
}

/** What the table says of it in few words. */
function told(seen: Seen): string {
  switch (seen.class) {
    case 'refused':
    case 'dropped':
      return seen.code;
    case 'fenced':
      return [...new Set(seen.codes)].join(' ');
    case 'detected':
      return seen.where;
    case 'no effect':
      return seen.canary;
  }
}

describe.each(rows.map((row) => [nameOf(row), row] as const))('%s', (_name, row) => {
  it('control: works without the attack', () => outcomes.get(row)?.control, SUITE_MS);

  it(`is ${row.class}`, async () => {
    const seen = await (outcomes.get(row) as Outcome).attack;
    expectClass(row, seen);
    lines.set(row, `${nameOf(row).padEnd(74)} ${row.class.padEnd(10)} ${told(seen).padEnd(34)} ${row.isMutation ? 'mutation' : 'guard off'}: ${row.guard}`);
  }, SUITE_MS);

  it(`comes through ${row.isMutation ? 'a mutation' : 'without its guard'}: ${row.guard}`, async () => {
    expect(await (outcomes.get(row) as Outcome).guardOff).toEqual({ asBuilt: false, allowed: true });
  }, SUITE_MS);
});

describe('the suite', () => {
  it('has every row once, each in a class', () => {
    if (!only) expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
    for (const row of rows) expect(CLASSES).toContain(row.class);
  });
});
