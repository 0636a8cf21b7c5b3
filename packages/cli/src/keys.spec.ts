import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { aKeyPair, canonical, hashOf, type KeyPair, MADE_ORIGIN, MadeLog } from '@countersign/verify/testing';
import { readKeyList } from '@countersign/verify';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FakeInstallation, refusal } from '../test/fake-installation.js';

let fake: FakeInstallation;
let log: MadeLog;

beforeEach(async () => {
  fake = await FakeInstallation.start();
  fake.answers['{ me {'] = () => ({ data: { me: { subject: 'admin', roles: ['admin'], tenant: 't1' } } });
  await fake.run(['login', '--as', 'admin']);
  log = new MadeLog();
  log.publish();
  fake.answers['signingKeys'] = () => ({ data: { signingKeys: { envelope: log.keyLists.at(-1) } } });
});
afterEach(() => fake.close());

const at = (name: string) => join(fake.dir, name);
const put = async (name: string, text: string): Promise<string> => {
  await writeFile(at(name), text);
  return at(name);
};
const pin = async (root = log.root.publicKey) => fake.run(['keys', 'pin', await put('root.pub', root.toString('base64')), '--fingerprint', hashOf(root)]);
const operationOf = (name: string) => fake.operations.find(({ query }) => query.includes(`${name}(`));

describe('keys list', () => {
  it('says that nothing is proven where no root is pinned', async () => {
    const { exit, stdout } = await fake.run(['keys', 'list']);
    expect([exit, stdout]).toEqual([0, expect.stringContaining('Root not pinned')]);
    expect(stdout).toContain(hashOf(log.root.publicKey));
    expect(stdout).not.toContain('Verified');
  });

  it('verifies it under the pinned root, with every key and how far a compromised one counts', async () => {
    const { from } = log.listed(log.decisionKey, 'decision');
    log.publish([
      log.listed(log.decisionKey, 'decision', { to: from, revoked: { from, reason: 'compromised', good: { 'o\u202e/log/t/1': 7 } } }),
      log.listed(log.logKey, 'log'),
    ]);
    await pin();
    const { stdout } = await fake.run(['keys', 'list']);
    expect(stdout).toContain(`${log.decisionKey.id}  decision`);
    expect(stdout).toContain(`${log.decisionKey.id} counts in the first 7 entries of o\\u{202e}/log/t/1.`);
    expect(stdout).toContain('Key list 2 of');
    expect(stdout).toContain('Verified under the pinned root key.');
    expect((await fake.run(['keys', 'list', '--json'])).json()).toMatchObject({ number: 2, rootFingerprint: hashOf(log.root.publicKey), pinned: true, keys: [{ id: log.decisionKey.id }, {}] });
  });

  it('refuses a list of another root, and one older than a list that was seen', async () => {
    await pin(aKeyPair('other').publicKey);
    expect((await fake.run(['keys', 'list', '--json'])).json()).toMatchObject({ error: { code: 'ROOT_MISMATCH' } });

    const second = log.publish();
    await fake.run(['keys', 'pin', await put('keys.json', second), '--fingerprint', hashOf(log.root.publicKey)]);
    log.keyLists.pop();
    const { exit, stdout, stderr } = await fake.run(['keys', 'list']);
    expect([exit, stdout, stderr]).toEqual([6, '', expect.stringMatching(/^KEYS_REFUSED: Key list 1 is older than list 2/)]);
  });
});

describe('changing keys', () => {
  const published = { outcome: 'published', number: 2, envelope: '{}', document: null };
  const toSign = { outcome: 'toSign', number: 2, envelope: null, document: 'AAAA' };

  it('rotates, with a key against doing it twice', async () => {
    fake.answers['rotateKey('] = () => ({ data: { rotateKey: published } });
    expect(await fake.run(['keys', 'rotate', 'log'])).toMatchObject({ exit: 0, stdout: 'Key list 2 is published and in force.\n' });
    expect(operationOf('rotateKey')).toMatchObject({ variables: { purpose: 'log' }, headers: { 'idempotency-key': expect.any(String) } });
  });

  it('keeps what the root key has still to sign, and says that nothing has changed', async () => {
    fake.answers['rotateKey('] = () => ({ data: { rotateKey: toSign } });
    const { exit, stderr } = await fake.run(['keys', 'rotate', 'decision', '-o', at('list.txt')]);
    expect([exit, stderr, await readFile(at('list.txt'), 'utf8')]).toEqual([0, expect.stringContaining('Nothing has changed yet'), 'AAAA\n']);
    expect(await fake.run(['keys', 'rotate', 'decision'])).toMatchObject({ exit: 0, stdout: 'AAAA\n' });
  });

  it('changes nothing where the file is there already', async () => {
    fake.answers['rotateKey('] = () => ({ data: { rotateKey: toSign } });
    expect((await fake.run(['keys', 'rotate', 'log', '-o', await put('list.txt', 'mine')])).exit).toBe(2);
    expect([operationOf('rotateKey'), await readFile(at('list.txt'), 'utf8')]).toEqual([undefined, 'mine']);
  });

  it('revokes with the good size of each log', async () => {
    fake.answers['revokeKey('] = () => ({ data: { revokeKey: published } });
    const { exit } = await fake.run(['keys', 'revoke', '--reason', 'compromised', '--good', `${MADE_ORIGIN}=12`, '--good', 'o/a=b/log/t/1=0', '--', `-${'a'.repeat(42)}`]);
    expect(exit).toBe(0);
    expect(operationOf('revokeKey')?.variables).toEqual({
      id: `-${'a'.repeat(42)}`, reason: 'compromised', good: [{ origin: MADE_ORIGIN, size: 12 }, { origin: 'o/a=b/log/t/1', size: 0 }],
    });
  });

  it.each([
    [['keys', 'rotate', 'root']],
    [['keys', 'rotate']],
    [['keys', 'revoke', 'k']],
    [['keys', 'revoke', 'k', '--reason', 'bored']],
    [['keys', 'revoke', 'k', '--reason', 'superseded', '--good', 'o=1']],
    [['keys', 'revoke', 'k', '--reason', 'compromised', '--good', 'o']],
    [['keys', 'revoke', 'k', '--reason', 'compromised', '--good', 'o=-1']],
    [['keys', 'revoke', 'k', '--reason', 'compromised', '--good', 'o=1', '--good', 'o=2']],
    [['keys', 'publish', '/nonexistent']],
    [['keys', 'pin', '/nonexistent']],
    [['keys', 'pin', '/dev/null', '--fingerprint', 'A'.repeat(64)]],
    [['keys', 'sign', '/nonexistent', '--root-key', '/nonexistent', '-o', '/nonexistent/x']],
    [['log', 'recover']],
  ])('%j is a usage error', async (line) => {
    const before = fake.operations.length;
    expect((await fake.run(line)).exit).toBe(2);
    expect(fake.operations.length).toBe(before);
  });

  it('passes on that somebody may not', async () => {
    fake.answers['rotateKey('] = () => refusal('FORBIDDEN');
    expect((await fake.run(['keys', 'rotate', 'log'])).exit).toBe(3);
  });
});

describe('a root key that is kept elsewhere', () => {
  const pem = (key: KeyPair) => key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const listOf = (root: KeyPair) => ({ v: 1, number: 2, at: '2026-11-21T09:00:00.000Z', root: root.publicKey.toString('base64'), keys: log.usualKeys() });
  const document = (value: unknown) => `${Buffer.from(canonical(value)).toString('base64')}\n`;
  const sign = async (text: string, key: string, ...more: string[]) =>
    fake.run(['keys', 'sign', await put('list.txt', text), '--root-key', await put('root.key', key), '-o', at('envelope.json'), ...more], { COUNTERSIGN_URL: 'http://127.0.0.1:9' });

  it('signs offline what `publish` brings back, shown before', async () => {
    fake.answers['publishKeys('] = ({ variables }) => ({ data: { publishKeys: { outcome: 'published', number: 2, envelope: variables['envelope'], document: null } } });
    const { exit, stdout } = await sign(document(listOf(log.root)), pem(log.root));
    const envelope = await readFile(at('envelope.json'), 'utf8');

    expect([exit, stdout]).toEqual([0, expect.stringContaining(log.decisionKey.id)]);
    expect(readKeyList(envelope, log.root.publicKey).number).toBe(2);
    expect((await fake.run(['keys', 'publish', at('envelope.json')])).exit).toBe(0);
    expect(operationOf('publishKeys')?.variables).toEqual({ envelope });
  });

  it('asks on a terminal, and writes nothing without a yes', async () => {
    fake.interactive = true;
    expect(await sign(document(listOf(log.root)), pem(log.root))).toMatchObject({ exit: 4, stdout: expect.stringContaining('You would sign this') });
    await expect(stat(at('envelope.json'))).rejects.toMatchObject({ code: 'ENOENT' });
    fake.reply = 'y';
    expect((await sign(document(listOf(log.root)), pem(log.root))).exit).toBe(0);
  });

  it('signs no list of another root, nothing that is no list, and replaces no file', async () => {
    const other = aKeyPair('other');
    expect((await sign(document(listOf(log.root)), pem(other))).exit).toBe(4);
    expect((await sign(document({ ...listOf(log.root), extra: 1 }), pem(log.root))).exit).toBe(2);
    expect((await sign(Buffer.from(JSON.stringify(listOf(log.root))).toString('base64'), pem(log.root))).exit).toBe(2);
    expect((await sign('not base64', pem(log.root))).exit).toBe(2);
    expect((await sign(document(listOf(log.root)), 'not a key')).exit).toBe(2);
    await expect(stat(at('envelope.json'))).rejects.toMatchObject({ code: 'ENOENT' });

    await put('envelope.json', 'mine');
    expect((await sign(document(listOf(log.root)), pem(log.root))).exit).toBe(2);
    expect(await readFile(at('envelope.json'), 'utf8')).toBe('mine');
    expect((await sign(document(listOf(log.root)), pem(log.root), '--force')).exit).toBe(0);
  });
});

describe('the log', () => {
  const status = { origin: MADE_ORIGIN, size: 63, at: 't', checkpoint: `${MADE_ORIGIN}\n63\nx\n\n— y z\n`, broken: null };

  it('tells its state with its checkpoint', async () => {
    fake.answers['logStatus'] = () => ({ data: { logStatus: status } });
    expect((await fake.run(['log', 'status', '--json'])).json()).toEqual(status);
    expect((await fake.run(['log', 'status'])).stdout).toMatch(/in order[\s\S]*\n63\nx\n\n— y z\n$/);
  });

  it('tells what is wrong, escaped', async () => {
    const broken = { index: 4, code: 'LOG_BROKEN', text: 'changed \u202e', at: 't' };
    fake.answers['logStatus'] = () => ({ data: { logStatus: { ...status, broken } } });
    const { stdout, stderr } = await fake.run(['log', 'status']);
    expect(stdout).toContain('Entry 4: changed \\u{202e}');
    expect(stderr).toContain('log recover');
  });

  it('is recovered by who says yes', async () => {
    fake.answers['recoverLog'] = () => ({ data: { recoverLog: { origin: 'o/log/t/2', lost: 1, entered: 40 } } });
    expect((await fake.run(['log', 'recover', '--yes', '--json'])).json()).toEqual({ origin: 'o/log/t/2', lost: 1, entered: 40 });
  });
});
