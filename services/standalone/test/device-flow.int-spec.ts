import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger, ensureDatabase, type EnsuredDatabase, TokenVerifier } from '@countersign/platform';
import { createDatabase, freePort } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { migrateIdentity } from '../src/identity/identity.migrations.js';
import { type Identity, startIdentity } from '../src/identity/identity.server.js';
import { IdentityBrowser } from './identity-browser.js';

const apiAudience = 'urn:countersign:api';
const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

type Begun = { device_code: string; user_code: string; verification_uri: string; verification_uri_complete: string; expires_in: number; interval: number };
type Answer = { readonly status: number; readonly body: Readonly<Record<string, string>> };

let dataDir: string;
let adminUrl: string;
let database: EnsuredDatabase;
let port: number;
let identity: Identity;
let passwords: Record<string, string>;
let verifier: TokenVerifier;

const start = (): Promise<Identity> =>
  startIdentity({
    port,
    databaseUrl: database.serviceUrl('identity'),
    dataDir,
    operatorKeyFile: join(dataDir, 'operator.jwk'),
    clients: { webPort: 1 },
    apiAudience,
    logger: createLogger('identity-test', 'silent'),
  });

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'device-'));
  adminUrl = await createDatabase('identity');
  const rolePrefix = `dv_${randomBytes(4).toString('hex')}`;
  database = await ensureDatabase({ adminUrl, rolePrefix, services: [{ name: 'identity', schema: 'identity', password: 'p' }] });
  await migrateIdentity(database.ownerUrl);
  port = await freePort();
  identity = await start();
  passwords = { ...identity.firstPasswords };
  verifier = new TokenVerifier({ ...identity, audience: 'requests', apiAudience, serviceKeysDir: dataDir });
});
afterAll(async () => {
  await identity.close();
  await rm(dataDir, { recursive: true });
});

async function post(path: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`${identity.issuer}${path}`, { method: 'POST', body: new URLSearchParams(form), headers });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

async function begin(): Promise<Begun> {
  const scope = 'openid offline_access';
  const { body } = await post('/device/auth', { client_id: 'cli', scope, prompt: 'consent' }, { 'user-agent': 'countersign on <laptop>' });
  return body as unknown as Begun;
}

const poll = (code: Begun): Promise<Answer> => post('/token', { grant_type: GRANT, device_code: code.device_code, client_id: 'cli' });
const aBrowser = (): IdentityBrowser => new IdentityBrowser(identity.issuer, passwords);
const xsrfOf = (html: string): string => /name="xsrf" value="([^"]+)"/.exec(html)?.[1] ?? '';

/** Types a code in and answers the page that asks whether it is one's own. */
async function entered(browser: IdentityBrowser, userCode: string) {
  const page = await browser.follow(`${identity.issuer}/device`);
  return browser.post(`${identity.issuer}/device`, { xsrf: xsrfOf(page.body), user_code: userCode });
}

async function confirmed(browser: IdentityBrowser, begun: Begun) {
  const page = await entered(browser, begun.user_code);
  return browser.post(`${identity.issuer}/device`, { xsrf: xsrfOf(page.body), user_code: begun.user_code, confirm: 'yes' });
}

async function signedIn(person: string): Promise<Record<string, string>> {
  const begun = await begin();
  const browser = aBrowser();
  const login = await confirmed(browser, begun);
  await browser.post(login.location, { name: person, password: passwords[person] ?? '' });
  return (await poll(begun)).body;
}

describe('the device flow', () => {
  it('is announced, for a public client, with an interval and an end', async () => {
    const discovery = (await (await fetch(`${identity.issuer}/.well-known/openid-configuration`)).json()) as Record<string, unknown>;
    expect(discovery).toMatchObject({ device_authorization_endpoint: `${identity.issuer}/device/auth`, grant_types_supported: expect.arrayContaining([GRANT]) });
    const begun = await begin();
    expect(begun).toMatchObject({ interval: 5, expires_in: 600, verification_uri: `${identity.issuer}/device`, user_code: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/) });
    expect((await post('/device/auth', { client_id: 'console' })).status).toBe(401);
    expect((await post('/device/auth', { client_id: 'cli', resource: 'urn:other' })).body['error']).toBe('invalid_target');
  });

  it('signs a command in as whoever types code and password, and the token says how', async () => {
    const begun = await begin();
    expect(await poll(begun)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } });

    const browser = aBrowser();
    const question = await entered(browser, begun.user_code.toLowerCase().replace('-', ''));
    expect(question.body).toContain(`<code>${begun.user_code}</code>`);
    expect(question.body).toContain('The countersign command');
    expect(question.body).toContain('countersign on &lt;laptop&gt;');

    const login = await browser.post(`${identity.issuer}/device`, { xsrf: xsrfOf(question.body), user_code: begun.user_code, confirm: 'yes' });
    expect(login.body).toContain('<h1>Sign in</h1>');
    expect((await browser.post(login.location, { name: 'reviewer', password: 'wrong' })).code).toBe(401);
    const done = await browser.post(login.location, { name: 'reviewer', password: passwords['reviewer'] ?? '' });
    expect(done.body).toContain('The command is signed in');

    const { status, body } = await poll(begun);
    expect(status).toBe(200);
    await expect(verifier.verify(body['access_token'] ?? '')).resolves.toMatchObject({
      kind: 'person', subject: 'reviewer', clientId: 'cli', amr: ['pwd'], acr: 'urn:countersign:acr:password', authTime: expect.any(Number),
    });
    expect((await entered(aBrowser(), begun.user_code)).body).toContain('was used already');
    expect(await poll(begun)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('asks no password of a browser that is signed in, but always whether the command is one’s own', async () => {
    const [first, second] = [await begin(), await begin()];
    const browser = aBrowser();
    const login = await confirmed(browser, first);
    await browser.post(login.location, { name: 'observer', password: passwords['observer'] ?? '' });
    // The link with the code in it comes to the same question.
    const link = await browser.follow(second.verification_uri_complete);
    const question = await browser.post(`${identity.issuer}/device`, { xsrf: xsrfOf(link.body), user_code: second.user_code });
    expect(question.body).toContain('Is this your command?');
    expect((await poll(second)).body['error']).toBe('authorization_pending');
    expect((await confirmed(browser, second)).body).toContain('The command is signed in');
    await expect(verifier.verify((await poll(second)).body['access_token'] ?? '')).resolves.toMatchObject({ subject: 'observer', amr: ['pwd'] });
  });

  it('says what is wrong with a code', async () => {
    const browser = aBrowser();
    const wrong = await entered(browser, '"><script>BBBB');
    expect(wrong.body).toContain('There is no such code');
    expect(wrong.body).not.toContain('<script');
    expect((await entered(browser, '')).body).toContain('Type the code first');
  });

  it('takes no form of another page or another browser', async () => {
    const begun = await begin();
    const browser = aBrowser();
    const page = await entered(browser, begun.user_code);
    const form = { user_code: begun.user_code, confirm: 'yes' };
    expect((await browser.post(`${identity.issuer}/device`, form)).body).toContain('That did not work');
    const other = aBrowser();
    await other.follow(`${identity.issuer}/device`);
    expect((await other.post(`${identity.issuer}/device`, { ...form, xsrf: xsrfOf(page.body) })).body).toContain('That did not work');
    const foreign = await fetch(`${identity.issuer}/device`, { method: 'POST', headers: { origin: 'https://evil.example' }, body: new URLSearchParams(form) });
    expect(foreign.status).toBe(403);
    expect((await poll(begun)).body['error']).toBe('authorization_pending');
  });

  it('tells the command that it was refused', async () => {
    const begun = await begin();
    const browser = aBrowser();
    const page = await entered(browser, begun.user_code);
    const refused = await browser.post(`${identity.issuer}/device`, { xsrf: xsrfOf(page.body), user_code: begun.user_code, confirm: 'yes', abort: 'yes' });
    expect(refused.body).toContain('was not signed in');
    expect(await poll(begun)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  });

  it('ends with its time', async () => {
    const begun = await begin();
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    await client.query(`UPDATE identity.oidc_record SET payload = jsonb_set(payload, '{exp}', '1') WHERE model = 'DeviceCode' AND id = $1`, [begun.device_code]);
    await client.end();
    expect((await entered(aBrowser(), begun.user_code)).body).toContain('has expired');
    expect((await poll(begun)).body['error']).toBe('expired_token');
  });

  it('slows down who asks too often', async () => {
    const begun = await begin();
    expect([(await poll(begun)).body['error'], (await poll(begun)).body['error'], (await poll(begun)).body['error']]).toEqual(['authorization_pending', 'slow_down', 'slow_down']);
    const login = await confirmed(aBrowser(), begun);
    expect(login.body).toContain('<h1>Sign in</h1>');
  });

  it('gives a refresh token that rotates, survives a restart and the end of the browser session, and is revoked', async () => {
    const tokens = await signedIn('maintainer');
    await identity.close();
    identity = await start();
    const refresh = (token: string | undefined) => post('/token', { grant_type: 'refresh_token', client_id: 'cli', refresh_token: token ?? '' });
    const second = await refresh(tokens['refresh_token']);
    expect(second.status).toBe(200);
    await expect(verifier.verify(second.body['access_token'] ?? '')).resolves.toMatchObject({ subject: 'maintainer', clientId: 'cli', amr: ['pwd'] });
    expect((await refresh(tokens['refresh_token'])).body['error']).toBe('invalid_grant');

    const other = await signedIn('maintainer');
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    await client.query(`DELETE FROM identity.oidc_record WHERE model = 'Session'`);
    await client.end();
    const third = await refresh(other['refresh_token']);
    expect(third.status).toBe(200);
    await fetch(`${identity.issuer}/token/revocation`, { method: 'POST', body: new URLSearchParams({ client_id: 'cli', token: third.body['refresh_token'] ?? '' }) });
    expect((await refresh(third.body['refresh_token'])).body['error']).toBe('invalid_grant');
  });
});
