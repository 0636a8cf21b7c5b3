import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FakeInstallation, type Ran } from '../test/fake-installation.js';
import { FakeIssuer } from '../test/fake-issuer.js';

const PENDING = { status: 400, body: { error: 'authorization_pending' } };
const SLOW = { status: 400, body: { error: 'slow_down' } };
const GRANTED = { body: { access_token: 'access-1', refresh_token: 'refresh-1', expires_in: 900 } };

let fake: FakeInstallation;
let issuer: FakeIssuer;

beforeEach(async () => {
  [fake, issuer] = [await FakeInstallation.start(), await FakeIssuer.start()];
  fake.answers['{ me {'] = () => ({ data: { me: { subject: 'ada', roles: ['reviewer'], tenant: 't1' } } });
});
afterEach(async () => {
  issuer.close();
  await fake.close();
});

const run = (line: readonly string[], env: Record<string, string> = {}): Promise<Ran> => fake.run(line, { COUNTERSIGN_ISSUER: issuer.url, ...env });
const profilePath = (): string => join(fake.dir, 'config', 'countersign', 'default.json');

describe('login by device flow', () => {
  it('prints address and code on stderr, waits, and ends with one document', async () => {
    issuer.polls = [PENDING, PENDING, GRANTED];
    const { exit, stderr, json } = await run(['login', '--json']);

    expect([exit, json()]).toEqual([0, { subject: 'ada', roles: ['reviewer'], tenant: 't1' }]);
    expect(stderr).toContain('http://id.test/device');
    expect(stderr).toContain('BCDF-GHJK');
    expect(issuer.formsAt('/device/auth')).toEqual([{ client_id: 'cli', resource: 'urn:countersign:api', scope: 'openid offline_access', prompt: 'consent' }]);
    expect(issuer.formsAt('/token')).toHaveLength(3);
    expect(issuer.formsAt('/token')[0]).toEqual({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'dev-1', client_id: 'cli' });
    expect((await stat(profilePath())).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(profilePath(), 'utf8'))).toMatchObject({ subject: 'ada', signIn: 'device', issuer: issuer.url, refreshToken: 'refresh-1' });
  });

  it('keeps the interval of the server, and waits longer when it is told to', async () => {
    issuer.begin = { body: { ...issuer.begin.body, interval: 10, expires_in: 600 } };
    issuer.polls = [PENDING, SLOW, PENDING, GRANTED];
    const before = fake.now();
    await run(['login']);
    expect((fake.now() - before) / 1000).toBe(10 + 10 + 15 + 15);
  });

  it('waits on where the identity provider starts again meanwhile', async () => {
    issuer.polls = [{ status: 503, body: {} }, GRANTED];
    expect((await run(['login'])).exit).toBe(0);
  });

  it.each([
    ['access_denied', 3, 'refused in the browser'],
    ['expired_token', 3, 'has expired'],
    ['invalid_client', 3, 'invalid_client'],
  ])('ends at %s with %d and says so', async (error, code, words) => {
    issuer.polls = [PENDING, { status: 400, body: { error } }];
    const { exit, stderr } = await run(['login']);
    expect([exit, stderr]).toEqual([code, expect.stringContaining(words)]);
    expect((await run(['whoami'])).exit).toBe(3);
  });

  it('ends with the time of the code', async () => {
    issuer.polls = [PENDING];
    const { exit, stderr } = await run(['login']);
    expect([exit, stderr]).toEqual([3, expect.stringContaining('has expired')]);
    expect(issuer.formsAt('/token')).toHaveLength(12);
  });

  it('is unavailable where no identity provider answers, or another one speaks', async () => {
    expect((await run(['login'], { COUNTERSIGN_ISSUER: 'http://127.0.0.1:9' })).exit).toBe(6);
    issuer.discovery = { issuer: 'http://elsewhere.test' };
    expect((await run(['login'])).exit).toBe(6);
    expect(issuer.asked).toEqual([]);
  });

  it('says that a provider has no device flow', async () => {
    issuer.discovery = { device_authorization_endpoint: undefined };
    expect(await run(['login'])).toMatchObject({ exit: 2, stderr: expect.stringContaining('login --as') });
  });

  it('shows nothing of the provider that a terminal would obey, and takes no address that is none', async () => {
    issuer.begin = { body: { ...issuer.begin.body, user_code: 'AB\u001b[2J' } };
    issuer.polls = [GRANTED];
    expect((await run(['login'])).stderr).not.toContain('\u001b');
    issuer.begin = { body: { ...issuer.begin.body, verification_uri: 'javascript:alert(1)' } };
    expect((await run(['login'])).exit).toBe(1);
  });

  it('refreshes at the same issuer with its own client, and revokes at the end', async () => {
    issuer.polls = [GRANTED];
    await run(['login'], { COUNTERSIGN_CLIENT_ID: 'their-cli' });
    fake.pass(890_000);
    expect((await run(['whoami'])).exit).toBe(0);
    expect(issuer.formsAt('/token').at(-1)).toEqual({ grant_type: 'refresh_token', refresh_token: 'refresh-1', client_id: 'their-cli' });
    expect(fake.operations.at(-1)?.headers.authorization).toBe('Bearer access-2');
    await run(['logout']);
    expect(issuer.formsAt('/revoke')).toEqual([{ token: 'refresh-2', client_id: 'their-cli' }]);
  });

  it('asks to sign in again where the sign-in has ended or cannot be refreshed', async () => {
    issuer.polls = [GRANTED];
    await run(['login']);
    fake.pass(890_000);
    issuer.refresh = { status: 400, body: { error: 'invalid_grant' } };
    expect(await run(['whoami'])).toMatchObject({ exit: 3, stderr: expect.stringContaining('run `login` again') });
    issuer.polls = [{ body: { access_token: 'a', expires_in: 900 } }];
    await run(['login']);
    fake.pass(890_000);
    expect((await run(['whoami'])).exit).toBe(3);
    expect((await run(['logout'])).exit).toBe(0);
  });
});
