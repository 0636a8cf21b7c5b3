import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { LIGHT, sampleRepository, testInstallation, type TestInstallation } from '../src/index.js';
import { approve, createRequest, signIn, waitState } from './people.js';
import { sql } from './superuser.js';
import { branchesOf } from './traces.js';

let app: TestInstallation;
let id: string;
let bare: string;
let everyByte: Promise<{ readonly stdout: string }>;
const file = (name: string): string => join(app.dataDir, '..', name);

beforeAll(async () => {
  app = await testInstallation(process.cwd());
  await app.start(LIGHT);
  await signIn(app, 'admin', 'observer');
  const source = sampleRepository(join(app.reposDir, 'sample'));
  const added = await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--test-command', 'node --test');
  bare = String(added.json['bare']);
  id = await createRequest(app, 'sample', 'replace "part1 = 1" with "part1 = 11" in src/parts/part-1.js');
  await waitState(app, id, 'PLAN_REVIEW');
  await approve(app, id, 'plan');
  await waitState(app, id, 'MERGE_REVIEW');
  await approve(app, id, 'merge');
  await waitState(app, id, 'DONE');
}, 240_000);

afterAll(async () => {
  await app?.stop();
  app?.remove();
});

const rootKey = (): string => readFileSync(join(app.dataDir, 'secrets/signing/root.pub'), 'utf8');
const rawRoot = (): Buffer => Buffer.from(rootKey().replace(/-----[^-]+-----|\s/g, ''), 'base64').subarray(-32);

describe('what was decided', () => {
  it('is exported, and verified by a pinned root key with database and Temporal stopped', async () => {
    const pinned = createHash('sha256').update(rawRoot()).digest('hex');
    writeFileSync(file('root.pub'), rootKey());
    const exported = await app.cli('observer', 'audit', 'export', '--request', id, '-o', file('bundle.json'), '--save-checkpoint', file('earlier.note'));
    expect([exported.code, exported.stderr]).toEqual([0, expect.anything()]);
    const whole = await app.cli('observer', 'audit', 'export', '--checkpoint', file('earlier.note'), '-o', file('whole.json'));
    expect([whole.code, whole.stderr]).toEqual([0, expect.anything()]);
    const published = await fetch(`${app.state().addresses['gateway'] ?? ''}/.well-known/countersign-keys.json`);
    expect([published.status, (JSON.parse(readFileSync(file('bundle.json'), 'utf8')) as { keys: string[] }).keys]).toEqual([200, [await published.text()]]);
    await app.stop();
    // A minute of its own, which the next test need not wait for.
    everyByte = promisify(execFile)(process.execPath, [join(process.cwd(), 'packages/testing/dist/every-byte.js'), file('bundle.json'), file('root.pub')]);
    everyByte.catch(() => undefined);

    expect(await app.cli('observer', 'verify', file('bundle.json'))).toMatchObject({ code: 7, json: { result: 'self-consistent', rootFingerprint: pinned } });
    expect((await app.cli('observer', 'keys', 'pin', file('root.pub'), '--fingerprint', '0'.repeat(64))).code).toBe(4);
    expect((await app.cli('observer', 'keys', 'pin', file('root.pub'), '--fingerprint', pinned)).code).toBe(0);
    const verdict = await app.cli('observer', 'verify', file('bundle.json'));
    expect(verdict).toMatchObject({ code: 0, json: { result: 'verified', erased: [] } });
    const decisions = verdict.json['decisions'] as readonly { gate: string; verdict: string; actorKind: string }[];
    expect(decisions.map(({ gate, verdict: said, actorKind }) => `${gate} ${said} ${actorKind}`)).toEqual([
      'spec approve gate-off',
      'plan approve person',
      'diff approve policy',
      'merge approve person',
    ]);
    expect((await app.cli('observer', 'verify', file('whole.json'), '--checkpoint', file('earlier.note'))).code).toBe(0);
    expect((await app.cli('observer', 'verify', file('bundle.json'), '--checkpoint', file('whole.json'))).code).toBe(8);
  }, 120_000);

  it('is not what a superuser makes of it later: the change is named, nothing is pushed or merged until it is recovered', async () => {
    await app.start(LIGHT);
    const next = await createRequest(app, 'sample', 'replace "part2 = 2" with "part2 = 22" in src/parts/part-2.js');
    await waitState(app, next, 'PLAN_REVIEW');
    await sql(
      app,
      `UPDATE log.leaf SET entry = convert_to(replace(convert_from(entry, 'UTF8'), '"request":"${id}"', '"request":"${next}"'), 'UTF8') WHERE type = 'decision' AND request_id = '${id}'`,
    );
    const exported = await app.cli('observer', 'audit', 'export', '--request', id, '-o', file('tampered.json'));
    expect(exported.code).toBe(0);
    expect(await app.cli('observer', 'verify', file('tampered.json'))).toMatchObject({ code: 8, json: { fault: { where: expect.stringMatching(/^entry \d+$/) } } });
    const status = await app.cli('observer', 'log', 'status');
    expect(status.json['broken']).toMatchObject({ text: expect.stringMatching(/entry/i) });

    await approve(app, next, 'plan');
    await waitState(app, next, 'PUBLISHING');
    // Tried ten times a second, and refused each time.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect((await app.cli('reviewer', 'request', 'show', next)).json['state']).toBe('PUBLISHING');
    expect(branchesOf(bare).filter((branch) => branch.includes(next))).toEqual([]);
    expect((await app.cli('observer', 'log', 'recover', '--yes')).code).toBe(3);
    const recovered = await app.cli('admin', 'log', 'recover', '--yes');
    expect([recovered.code, recovered.json['origin']]).toEqual([0, expect.stringMatching(/\/log\/[^/]+\/2$/)]);
    await waitState(app, next, 'MERGE_REVIEW');
    await approve(app, next, 'merge');
    await waitState(app, next, 'DONE');
    const after = await app.cli('observer', 'audit', 'export', '--request', next, '-o', file('after.json'));
    expect([after.code, (await app.cli('observer', 'verify', file('after.json'))).code]).toEqual([0, 0]);
  }, 240_000);

  it('cannot be changed by a single byte, whichever it is', async () => {
    const { bytes, survivors, ms, unchanged } = JSON.parse((await everyByte).stdout) as Readonly<Record<'bytes' | 'ms' | 'unchanged', number>> & { readonly survivors: readonly number[] };
    process.stdout.write(`each of ${bytes} bytes of the bundle changed and verified, in ${ms} ms\n`);
    expect([bytes, survivors, unchanged]).toEqual([readFileSync(file('bundle.json')).length, [], 0]);
  }, 600_000);
});
