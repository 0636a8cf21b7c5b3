import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { verifyBundle } from '../src/index.js';
import { type Case, changedBytes, DAMAGED, EARLIER, GOOD, NOT_SHOWN, ROOT_KEY } from './damaged-bundles.js';

const ROOT = join(__dirname, '../../..');
const PROVISION_MS = 15 * 60_000;
type Verdicts = Readonly<Record<string, string>>;
type Ran = { readonly code: number; readonly out: string; readonly errors: string };

function run(command: string, args: readonly string[], cwd = ROOT): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, maxBuffer: 2 ** 26 }, (error, out, errors) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out, errors });
    });
  });
}

/** Installs what is missing; where that cannot be, the test fails with what to type. */
async function provisioned(): Promise<{ readonly python: string; readonly go: string }> {
  const { code, out, errors } = await run(process.execPath, [join(ROOT, 'scripts/provision-witness.mjs')]);
  if (code !== 0) throw new Error(`The other verifiers cannot be had here.\n${errors}`);
  return JSON.parse(out) as { python: string; go: string };
}

const pem = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: ROOT_KEY.toString('base64url') }, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
const WITNESSES = ['python', 'go'] as const;
type Witness = (typeof WITNESSES)[number];

describe('verifiers made of tools that are not ours', () => {
  let folder: string;
  let witnesses: Readonly<Record<Witness, (...args: string[]) => Promise<Ran>>>;

  beforeAll(async () => {
    const { python, go } = await provisioned();
    folder = await mkdtemp(join(tmpdir(), 'countersign-witness-'));
    const program = join(ROOT, 'tools/witness/python/verify_bundle.py');
    witnesses = { python: (...args) => run(python, ['-B', program, ...args], folder), go: (...args) => run(go, args, folder) };
    await Promise.all([
      writeFile(join(folder, 'root.pem'), pem),
      writeFile(join(folder, 'root.txt'), `${ROOT_KEY.toString('base64')}\n`),
      writeFile(join(folder, 'earlier'), EARLIER),
      writeFile(join(folder, 'not-shown'), NOT_SHOWN),
      ...Object.entries({ ...GOOD, ...DAMAGED }).map(([name, { text }]) => writeFile(join(folder, fileOf(name)), text)),
    ]);
  }, PROVISION_MS);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const fileOf = (name: string): string => `${Buffer.from(name).toString('hex')}.json`;

  /** By name: `holds`, or the code of the first fault. */
  async function verdictsOf(witness: Witness, cases: Readonly<Record<string, Case>>, ...more: string[]): Promise<Verdicts> {
    const { out, errors } = await witnesses[witness](...Object.keys(cases).map(fileOf), '--root', 'root.pem', ...more);
    const lines = new Map(out.trim().split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]));
    return Object.fromEntries(
      Object.keys(cases).map((name) => {
        const said = lines.get(fileOf(name)) ?? `nothing was said: ${errors}`;
        return [name, /^(?:does not hold: )?(holds(?=, )|[A-Z_]+(?= at ))/.exec(said)?.[1] ?? said];
      }),
    );
  }

  const ours = (cases: Readonly<Record<string, Case>>, earlierCheckpoint?: string): Verdicts =>
    Object.fromEntries(
      Object.entries(cases).map(([name, { text }]) => {
        const { result, fault } = verifyBundle(text, { root: ROOT_KEY, ...(earlierCheckpoint !== undefined && { earlierCheckpoint }) });
        return [name, result === 'verified' ? 'holds' : (fault?.code ?? result)];
      }),
    );

  const expected = (cases: Readonly<Record<string, Case>>): Verdicts => Object.fromEntries(Object.entries(cases).map(([name, { code }]) => [name, code]));

  it.each(WITNESSES)('agree with ours that good bundles hold: %s', async (witness) => {
    expect(ours(GOOD)).toEqual(expected(GOOD));
    expect(await verdictsOf(witness, GOOD)).toEqual(expected(GOOD));
  });

  it.each(WITNESSES)('agree with ours on what is wrong with damaged bundles: %s', async (witness) => {
    expect(Object.keys(DAMAGED).length).toBeGreaterThanOrEqual(20);
    expect(ours(DAMAGED)).toEqual(expected(DAMAGED));
    expect(await verdictsOf(witness, DAMAGED)).toEqual(expected(DAMAGED));
  });

  it.each(WITNESSES)('agree with ours on a checkpoint that was kept outside: %s', async (witness) => {
    expect(await verdictsOf(witness, GOOD, '--checkpoint', 'earlier')).toEqual(ours(GOOD, EARLIER));
    expect(await verdictsOf(witness, GOOD, '--checkpoint', 'not-shown')).toEqual(ours(GOOD, NOT_SHOWN));
    expect(Object.values(ours(GOOD, EARLIER))).toEqual(expect.arrayContaining(['holds', 'EARLIER_CHECKPOINT_MISSING']));
  });

  it.each(WITNESSES)('notice a changed byte wherever it is: %s', async (witness) => {
    const cases = changedBytes(199);
    expect(Object.keys(cases).length).toBeGreaterThan(100);
    await Promise.all(Object.entries(cases).map(([name, { text }]) => writeFile(join(folder, fileOf(name)), text, 'latin1')));
    const held = Object.entries(await verdictsOf(witness, cases)).filter(([, verdict]) => !/^[A-Z_]+$/.test(verdict));
    expect(held).toEqual([]);
  });

  it.each(WITNESSES)('answer 0, 8 or 2, as ours does: %s', async (witness) => {
    const [good, bad] = [Object.keys(GOOD)[0] ?? '', Object.keys(DAMAGED)[0] ?? ''].map(fileOf) as [string, string];
    const codeOf = async (...args: string[]): Promise<number> => (await witnesses[witness](...args)).code;
    expect(await codeOf(good, '--root', 'root.txt', '--checkpoint', 'earlier')).toBe(0);
    expect(await codeOf(bad, '--root', 'root.txt')).toBe(8);
    expect(await codeOf(good, bad, good, '--root', 'root.pem')).toBe(8);
    expect(await codeOf(good)).toBe(2);
    expect(await codeOf('missing.json', '--root', 'root.pem')).toBe(2);
    expect(await codeOf(good, '--root', good)).toBe(2);
  });
});
