import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { BundleVerdict } from '../src/index.js';
import { aKeyPair, aRequestBundle, aRequestLog, bundleText } from '../src/testing/index.js';
import type { Survivors } from '../src/testing/every-byte.js';

const run = promisify(execFile);
const packageRoot = join(__dirname, '..');

/** Builds this entry into a folder where nothing else is. */
async function built(entry: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-verify-'));
  await run(process.execPath, [join(packageRoot, 'bundle.mjs'), join(packageRoot, 'src', entry), join(folder, 'verify.mjs')]);
  return folder;
}

const made = aRequestLog();
const bundle = aRequestBundle(made);

describe('the verifier as one file', () => {
  let folder: string;

  const verify = async (...args: string[]): Promise<{ readonly code: number; readonly out: string }> =>
    run(process.execPath, ['verify.mjs', ...args], { cwd: folder, env: {} }).then(
      ({ stdout }) => ({ code: 0, out: stdout }),
      (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, out: error.stdout + error.stderr }),
    );

  const pem = (key: Buffer): string =>
    createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') }, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();

  beforeAll(async () => {
    folder = await built('main.ts');
    await Promise.all([
      writeFile(join(folder, 'bundle.json'), bundleText(bundle)),
      writeFile(join(folder, 'broken.json'), bundleText({ ...bundle, subjects: [] })),
      writeFile(join(folder, 'latin.json'), Buffer.from(bundleText(bundle), 'latin1')),
      writeFile(join(folder, 'root.pem'), pem(made.log.root.publicKey)),
      writeFile(join(folder, 'root.txt'), `${made.log.root.publicKey.toString('base64')}\n`),
      writeFile(join(folder, 'other.pem'), pem(aKeyPair('other').publicKey)),
      writeFile(join(folder, 'earlier'), bundle.consistency?.checkpoint ?? ''),
      writeFile(join(folder, 'head'), bundle.checkpoint),
      writeFile(join(folder, 'unknown'), `${bundle.checkpoint}\n`),
    ]);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('answers 0 under the pinned root in either form', async () => {
    expect(await verify('bundle.json', '--root', 'root.pem', '--checkpoint', 'earlier')).toEqual({ code: 0, out: expect.stringContaining('Verified: ') });
    expect(await verify('bundle.json', '--root', 'root.txt', '--checkpoint', 'head')).toEqual({ code: 0, out: expect.stringContaining('Verified: ') });
  });

  it('answers 7 without a root and never says that it verified', async () => {
    const { code, out } = await verify('bundle.json');
    expect(code).toBe(7);
    expect(out).toContain('Not verified');
    expect(out).not.toContain('Verified: ');
  });

  it('answers 8 and names the first fault', async () => {
    expect(await verify('bundle.json', '--root', 'other.pem')).toEqual({ code: 8, out: expect.stringContaining('ROOT_MISMATCH') });
    expect(await verify('bundle.json', '--root', 'root.pem', '--checkpoint', 'unknown')).toEqual({ code: 8, out: expect.stringContaining('EARLIER_CHECKPOINT_MISSING') });
    expect((await verify('latin.json', '--root', 'root.pem')).code).toBe(8);
    const { code, out } = await verify('broken.json', '--root', 'root.pem', '--json');
    expect(code).toBe(8);
    expect(JSON.parse(out) as BundleVerdict).toMatchObject({ result: 'failed', exitCode: 8, fault: { code: 'SUBJECT_MISSING' } });
  });

  it('answers 2 where it was not asked properly', async () => {
    expect((await verify()).code).toBe(2);
    expect((await verify('bundle.json', '--trust')).code).toBe(2);
    expect((await verify('missing.json')).code).toBe(2);
    expect((await verify('bundle.json', '--root', 'bundle.json')).code).toBe(2);
  });
});

it('does not hold after any byte of a bundle was changed', async () => {
  const folder = await built('testing/every-byte.main.ts');
  const parts = availableParallelism();
  const answers = await Promise.all(
    Array.from({ length: parts }, (_, part) => run(process.execPath, [join(folder, 'verify.mjs'), String(part), String(parts)], { maxBuffer: 2 ** 26 })),
  );
  const found = answers.map(({ stdout }) => JSON.parse(stdout) as Survivors);
  expect(found.flatMap(({ verified }) => verified)).toEqual([]);
  const bytes = Buffer.byteLength(bundleText(bundle));
  expect(found.reduce((sum, { tried }) => sum + tried, 0)).toBeGreaterThan(bytes);
  await rm(folder, { recursive: true });
}, 300_000);
