import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { git, LIGHT, sampleRepository, testInstallation, type TestInstallation } from '../src/index.js';
import { historySizeOf } from './engine.js';
import { approve, createRequest, signIn, waitState } from './people.js';

const MAX_EVENTS = 150;
const MAX_BYTES = 150_000;
const FILES = 50;
const LINES = 2_000;

let app: TestInstallation;
let bare: string;

/** A line is 50 bytes and a patch holds it twice: 50 files of 2 000 lines make a patch of 10 MB. */
function bigRepository(dir: string): string {
  sampleRepository(dir);
  mkdirSync(join(dir, 'big'));
  const line = (n: number): string => `${String(n).padStart(6, '0')} a grey-tit sits upon the old stone wall\n`.padEnd(50, '.');
  const text = Array.from({ length: LINES }, (_, n) => line(n)).join('');
  for (let file = 0; file < FILES; file += 1) writeFileSync(join(dir, 'big', `${file}.txt`), text);
  git(dir, 'add', '-A');
  git(dir, 'commit', '-q', '-m', 'Add big files');
  return dir;
}

beforeAll(async () => {
  app = await testInstallation(process.cwd());
  await app.start(LIGHT);
  await signIn(app);
  const source = bigRepository(join(app.reposDir, 'big'));
  // Policy would ask a person about the size of the big one: off makes both take the very same way.
  const flags = ['--test-command', 'node --test', '--gate', 'diff=off'];
  const added = await app.cli('maintainer', 'project', 'add', 'big', '--repo', source, ...flags);
  bare = String(added.json['bare']);
}, 180_000);

afterAll(async () => {
  await app?.stop();
  app?.remove();
});

type Measured = { readonly events: number; readonly bytes: number; readonly patchBytes: number };

/**
 * The happy path with quorum 1, from the first event to the end of the clean-up. Events and bytes are the server's own
 * count of the run's history.
 */
async function merged(title: string): Promise<Measured> {
  const before = git(bare, 'rev-parse', 'main').trim();
  const id = await createRequest(app, 'big', title);
  await waitState(app, id, 'PLAN_REVIEW');
  await approve(app, id, 'plan');
  await waitState(app, id, 'MERGE_REVIEW', 240);
  await approve(app, id, 'merge');
  await waitState(app, id, 'DONE');
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const patchBytes = Buffer.byteLength(git(bare, 'diff', before, 'main'));
  return { ...historySizeOf(app, id), patchBytes };
}

describe('the history of a merged request', () => {
  it('stays within 150 events and 150 kB, whatever the size of the diff', async () => {
    const small = await merged('replace "part1 = 1" with "part1 = 11" in src/parts/part-*.js');
    const large = await merged('replace "grey-tit" with "blue-tit" in big/*.txt');
    process.stderr.write(`history: ${JSON.stringify({ small, large })}\n`);
    expect(large.patchBytes).toBeGreaterThan(10_000_000);
    expect(small.patchBytes).toBeLessThan(5_000);
    for (const { events, bytes } of [small, large]) {
      expect(events).toBeLessThanOrEqual(MAX_EVENTS);
      expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
    }
    // A vote may or may not arrive in a task of its own; nothing grows with the diff.
    expect(Math.abs(large.events - small.events)).toBeLessThanOrEqual(12);
    expect(Math.abs(large.bytes - small.bytes)).toBeLessThanOrEqual(5_000);
  }, 420_000);
});
