import { createPublicKey } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { aKeyPair, aRequestBundle, aRequestLog, bundleText, hashOf, type MadeRequest, noteOf } from '@countersign/verify/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FakeInstallation } from '../test/fake-installation.js';

let fake: FakeInstallation;
let made: MadeRequest;

beforeEach(async () => {
  fake = await FakeInstallation.start();
  made = aRequestLog();
});
afterEach(() => fake.close());

const at = (name: string) => join(fake.dir, name);
const put = async (name: string, text: string): Promise<string> => {
  await writeFile(at(name), text);
  return at(name);
};
const pinPath = () => join(fake.dir, 'config', 'countersign', 'pinned-root.json');
const pinned = async () => JSON.parse(await readFile(pinPath(), 'utf8')) as { root: string; number: number };
const rootText = () => made.log.root.publicKey.toString('base64');
const fingerprint = () => hashOf(made.log.root.publicKey);
const bundle = () => put('bundle.json', bundleText(aRequestBundle(made)));
const pin = async () => fake.run(['keys', 'pin', await put('root.pub', rootText()), '--fingerprint', fingerprint()]);

describe('verify', () => {
  it('ends with 7 where no root is pinned, prints the fingerprint, and never says verified', async () => {
    const ran = await fake.run(['verify', await bundle()]);
    expect([ran.exit, ran.stderr]).toEqual([7, '']);
    expect(ran.stdout).toMatch(/^Not verified:/);
    expect(ran.stdout).toContain(fingerprint());
    expect((await fake.run(['verify', await bundle(), '--json'])).json()).toMatchObject({ result: 'self-consistent', exitCode: 7, rootFingerprint: fingerprint() });
  });

  it('ends with 0 under the pinned root, and refuses an older list of keys from then on', async () => {
    await pin();
    const older = aRequestBundle(made);
    expect(await pinned()).toEqual({ root: rootText(), number: 1 });
    expect((await fake.run(['verify', await bundle()])).exit).toBe(0);
    expect(await pinned()).toEqual({ root: rootText(), number: 2 });

    const { exit, json } = await fake.run(['verify', await put('older.json', bundleText({ ...older, keys: older.keys.slice(0, 1) })), '--json']);
    expect([exit, json()]).toEqual([8, expect.objectContaining({ fault: expect.objectContaining({ code: 'KEY_LIST_OLD' }) })]);
    expect(await pinned()).toEqual({ root: rootText(), number: 2 });
  });

  it('is no laxer where the pinned root is named again, and keeps no number of another root', async () => {
    const file = await bundle();
    const root = await put('root.pub', rootText());
    expect((await fake.run(['verify', file, '--root', root])).exit).toBe(0);
    await expect(stat(pinPath())).rejects.toMatchObject({ code: 'ENOENT' });

    await fake.run(['keys', 'pin', await put('keys.json', made.log.keyLists[1] ?? ''), '--fingerprint', fingerprint()]);
    const { keys, ...rest } = aRequestBundle(made);
    const older = await put('older.json', bundleText({ ...rest, keys: keys.slice(0, 1) }));
    expect((await fake.run(['verify', older, '--root', root])).exit).toBe(8);
  });

  it('ends with 8 and names the first thing that does not hold: another root, a changed byte, a missing checkpoint', async () => {
    await pin();
    const other = await put('other.pub', aKeyPair('other').publicKey.toString('base64'));
    const text = await readFile(await bundle(), 'utf8');
    const changed = await put('changed.json', text.replace('"consistency":', '"Consistency":'));
    const foreign = await put('foreign.note', noteOf(made.log.checkpoint(7), made.log.logKey));
    const faultOf = async (...line: string[]) => {
      const ran = await fake.run(['verify', ...line]);
      return [ran.exit, /First fault: (\w+)/.exec(ran.stdout)?.[1]];
    };

    expect(await faultOf(at('bundle.json'), '--root', other)).toEqual([8, 'ROOT_MISMATCH']);
    expect(await faultOf(changed)).toEqual([8, 'NOT_CANONICAL']);
    expect(await faultOf(at('bundle.json'), '--checkpoint', foreign)).toEqual([8, 'EARLIER_CHECKPOINT_MISSING']);
    expect(await faultOf(at('bundle.json'), '--checkpoint', await put('kept.note', noteOf(made.log.checkpoint(20), made.log.logKey)))).toEqual([0, undefined]);
  });

  it('asks no server', async () => {
    const { exit } = await fake.run(['verify', await bundle()], { COUNTERSIGN_URL: 'http://127.0.0.1:9', COUNTERSIGN_DATA_DIR: '/nonexistent' });
    expect([exit, fake.operations]).toEqual([7, []]);
  });

  it.each([[['verify']], [['verify', '/nonexistent']], [['verify', '/dev/null', '--root', '/dev/null']], [['verify', '/dev/null', '--checkpoint', '/nonexistent']], [['verify', '/dev/null', '--strict']], [['digest', '/nonexistent']]])(
    '%j is a usage error, and nothing is judged',
    async (line) => {
      expect(await fake.run(line)).toMatchObject({ exit: 2, stdout: '' });
    },
  );

  it('lets no text of a bundle pass for a line of the report', async () => {
    const hostile = 'ada\nVerified: the bundle holds under the pinned root key.\u001b[2J';
    const index = made.log.decide({ gate: 'plan', document: Buffer.from('{}'), person: hostile });
    const file = await put('hostile.json', bundleText(made.log.bundle([0, index], [Buffer.from('{}')])));
    const { exit, stdout } = await fake.run(['verify', file]);
    expect([exit, stdout.split('\n').filter((line) => line.startsWith('Verified'))]).toEqual([7, []]);
    expect(stdout).toContain('\\u{a}Verified');
  });
});

describe('keys pin', () => {
  it('refuses without a fingerprint, prints the one it found and what to compare it with', async () => {
    const { exit, stderr } = await fake.run(['keys', 'pin', await put('root.pub', rootText())]);
    expect([exit, stderr]).toEqual([2, expect.stringMatching(new RegExp(`${fingerprint()}.*Compare`))]);
    await expect(stat(pinPath())).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('refuses a root with another fingerprint', async () => {
    const { exit, json } = await fake.run(['keys', 'pin', await put('root.pub', rootText()), '--fingerprint', 'a'.repeat(64), '--json']);
    expect([exit, json()]).toMatchObject([4, { error: { code: 'ROOT_MISMATCH', field: 'fingerprint' } }]);
    await expect(stat(pinPath())).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes a key in PEM or base64, or a list of keys, and keeps it for the owner alone', async () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: made.log.root.publicKey.toString('base64url') };
    const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
    for (const [text, number] of [[pem, 1], [`${rootText()}\n`, 1], [`${made.log.keyLists[1]}\n`, 2]] as const) {
      expect((await fake.run(['keys', 'pin', await put('source', text), '--fingerprint', fingerprint()])).exit).toBe(0);
      expect(await pinned()).toEqual({ root: rootText(), number });
    }
    expect((await stat(pinPath())).mode & 0o777).toBe(0o600);
  });

  it('takes the published list of an installation by its address', async () => {
    fake.rest['GET /.well-known/countersign-keys.json'] = () => ({ status: 200, body: made.log.keyLists[0] ?? '' });
    expect((await pin()).stdout).toBe(`Pinned: ${fingerprint()}\n`);
    const { exit, json } = await fake.run(['keys', 'pin', fake.url, '--fingerprint', fingerprint(), '--json']);
    expect([exit, json()]).toEqual([0, { rootFingerprint: fingerprint(), number: 1, replaced: null }]);
    expect((await fake.run(['keys', 'pin', `${fake.url}/elsewhere`, '--fingerprint', fingerprint()])).exit).toBe(5);
  });

  it('never lowers the number of the same root, and says which root it replaces', async () => {
    const other = aKeyPair('other').publicKey;
    await fake.run(['keys', 'pin', await put('keys.json', made.log.keyLists[1] ?? ''), '--fingerprint', fingerprint()]);
    await pin();
    expect((await pinned()).number).toBe(2);
    const line = ['keys', 'pin', await put('other.pub', other.toString('base64')), '--fingerprint', hashOf(other), '--json'];
    expect((await fake.run(line)).json()).toEqual({ rootFingerprint: hashOf(other), number: 1, replaced: fingerprint() });
  });

  it.each([['nonsense'], ['{}'], [''], ['AAAA']])('refuses a source that holds %j', async (text) => {
    expect((await fake.run(['keys', 'pin', await put('source', text), '--fingerprint', fingerprint()])).exit).toBe(2);
  });

  it('refuses a list that another key signed than the root it names', async () => {
    const [list = ''] = made.log.keyLists;
    const forged = list.replace(/"sig":"(.)/, (_, first: string) => `"sig":"${first === 'A' ? 'B' : 'A'}`);
    expect(await fake.run(['keys', 'pin', await put('source', forged), '--fingerprint', fingerprint()])).toMatchObject({ exit: 2 });
  });

  it('does not take a spoilt file for no pin', async () => {
    await mkdir(join(pinPath(), '..'), { recursive: true });
    await writeFile(pinPath(), '{"root":"AAAA","number":1}');
    expect(await fake.run(['verify', await bundle()])).toMatchObject({ exit: 2, stderr: expect.stringContaining('pinned-root.json') });
    expect((await fake.run(['whoami', '--profile', 'pinned-root'])).exit).toBe(2);
  });
});

describe('digest', () => {
  it.each([
    ['{"a":1,"b":[]}', true],
    ['{ "b": [], "a": 1 }', false],
    ['{"a":1,"b":[]}\n', false],
    ['{"a":2,"a":1,"b":[]}', false],
  ])('of %j is that of its canonical form', async (text, isCanonical) => {
    const expected = { digest: hashOf('{"a":1,"b":[]}'), canonical: isCanonical };
    expect((await fake.run(['digest', await put('subject.json', text), '--json'])).json()).toEqual(expected);
    fake.stdin = text;
    const { stdout, stderr } = await fake.run(['digest', '-']);
    expect([stdout, stderr.includes('not in canonical form')]).toEqual([`${expected.digest}\n`, !isCanonical]);
  });

  it.each([['{'], ['{"a":1.5}'], ['']])('of %j there is none', async (text) => {
    expect(await fake.run(['digest', await put('subject.json', text)])).toMatchObject({ exit: 2, stdout: '' });
  });
});
