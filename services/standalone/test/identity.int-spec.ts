import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger, ensureDatabase, type EnsuredDatabase, TokenVerifier } from '@countersign/platform';
import { createDatabase, freePort } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import pg from 'pg';

import { migrateIdentity } from '../src/identity/identity.migrations.js';
import { type Identity, startIdentity } from '../src/identity/identity.server.js';
import { IdentityBrowser } from './identity-browser.js';

const apiAudience = 'urn:countersign:api';
const rolePrefix = `it_${randomBytes(4).toString('hex')}`;
const logger = createLogger('identity-test', 'silent');

let dataDir: string;
let adminUrl: string;
let database: EnsuredDatabase;
let port: number;
let webPort: number;
let identity: Identity;
let passwords: Record<string, string>;
let verifier: TokenVerifier;
/** Whose passwords were wrong, in order. */
const refused: string[] = [];

const start = () =>
  startIdentity({
    port,
    databaseUrl: database.serviceUrl('identity'),
    dataDir,
    operatorKeyFile: join(dataDir, 'operator.jwk'),
    clients: { webPort },
    apiAudience,
    onRefused: (subject) => refused.push(subject),
    logger,
  });

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'identity-'));
  adminUrl = await createDatabase('identity');
  database = await ensureDatabase({
    adminUrl,
    rolePrefix,
    services: [{ name: 'identity', schema: 'identity', password: 'p' }],
  });
  await migrateIdentity(database.ownerUrl);
  port = await freePort();
  webPort = await freePort();
  identity = await start();
  passwords = { ...identity.firstPasswords };
  verifier = new TokenVerifier({ ...identity, audience: 'requests', apiAudience, serviceKeysDir: dataDir });
});
afterAll(async () => {
  await identity.close();
  await rm(dataDir, { recursive: true });
});

describe('the first start', () => {
  it('makes four people whose passwords are kept 0600, as are the keys', async () => {
    expect(Object.keys(passwords)).toEqual(['admin', 'maintainer', 'reviewer', 'observer']);
    expect(JSON.parse(await readFile(identity.passwordFile, 'utf8'))).toEqual(passwords);
    for (const file of ['sample-people.json', 'identity-secrets.json', 'operator.jwk']) {
      expect((await stat(join(dataDir, file))).mode & 0o777).toBe(0o600);
    }
    expect(JSON.stringify(identity)).not.toContain(identity.consoleClient.secret.reveal());
  });

  it('is reached under its own name only, and by no other page', async () => {
    expect((await raw('/.well-known/openid-configuration', { host: `127.0.0.1:${port}` })).status).toBe(200);
    expect((await raw('/.well-known/openid-configuration', { host: 'evil.example' })).status).toBe(421);
    expect((await raw('/.well-known/openid-configuration', { host: `localhost:${port}` })).status).toBe(421);
    expect((await raw('//', { host: `127.0.0.1:${port}` })).status).toBe(400);
    const foreign = await fetch(`${identity.issuer}/token`, { method: 'POST', headers: { origin: 'https://evil.example' } });
    expect(foreign.status).toBe(403);
  });
});

describe('signing in with a password', () => {
  it('gives an API token that says who, how and when, and a refresh token that rotates', async () => {
    const browser = aBrowser();
    const first = await signIn(browser, 'reviewer');
    expect(decodeProtectedHeader(first.access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    expect(decodeJwt(first.access_token)).toMatchObject({ aud: apiAudience, iss: identity.issuer });
    await expect(verifier.verify(first.access_token)).resolves.toMatchObject({
      kind: 'person',
      subject: 'reviewer',
      clientId: 'console',
      acr: 'urn:countersign:acr:password',
      amr: ['pwd'],
      authTime: expect.any(Number),
    });
    expect(first.expires_in).toBe(900);
    expect(decodeJwt(first.id_token)).toMatchObject({ sub: 'reviewer', aud: 'console' });

    const second = await refreshed(first.refresh_token);
    expect(second.status).toBe(200);
    expect(second.body.refresh_token).not.toBe(first.refresh_token);
    await expect(verifier.verify(second.body.access_token)).resolves.toMatchObject({ subject: 'reviewer', amr: ['pwd'] });

    expect((await refreshed(first.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await refreshed(second.body.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
  });

  it('lets one of two refreshes with one token win', async () => {
    const { refresh_token: token } = await signIn(aBrowser(), 'observer');
    const both = await Promise.all([refreshed(token), refreshed(token)]);
    expect(both.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  });

  it('needs no second password in the same browser', async () => {
    const browser = aBrowser();
    await signIn(browser, 'admin');
    const request = authorization();
    const answer = await browser.follow(request.url);
    expect(answer.status).toBe('redirect');
    expect(await exchange(answer.location, request)).toMatchObject({ access_token: expect.any(String) });
  });

  it('shows the people, fills in the one that is clicked, and says when a password is wrong', async () => {
    const browser = aBrowser();
    const page = await browser.follow(authorization().url);
    for (const person of Object.keys(passwords)) expect(page.body).toContain(`href="?person=${person}"`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");

    const chosen = await browser.follow(`${page.location}?person=maintainer`);
    expect(chosen.body).toContain('value="maintainer"');
    const answer = await browser.post(page.location, { name: 'maintainer', password: 'wrong' });
    expect(answer).toMatchObject({ code: 401, body: expect.stringContaining('do not go together') });
    expect((await browser.post(page.location, { name: 'nobody', password: 'wrong' })).code).toBe(401);
    expect(refused).toEqual(['maintainer']);

    expect((await aBrowser().post(page.location, { name: 'maintainer', password: passwords.maintainer ?? '' })).code).toBe(400);
    expect((await browser.follow(`${identity.issuer}/identity.css`)).headers.get('content-type')).toContain('text/css');
  });

  it('slows down guessing, many at once included', async () => {
    const browser = aBrowser();
    const page = await browser.follow(authorization().url);
    const tries = await Promise.all(
      Array.from({ length: 12 }, (_, n) => browser.post(page.location, { name: 'guessed', password: `p${n}` })),
    );
    expect(tries.filter(({ code }) => code === 401)).toHaveLength(5);
    expect(tries.filter(({ code }) => code === 429)).toHaveLength(7);
    expect(refused).not.toContain('guessed');
  });

  it('tells of a wrong password as often as one was compared, and no more', async () => {
    const browser = aBrowser();
    const page = await browser.follow(authorization().url);
    refused.length = 0;
    const tries = await Promise.all(Array.from({ length: 12 }, (_, n) => browser.post(page.location, { name: 'admin', password: `p${n}` })));
    const compared = tries.filter(({ code }) => code === 401);
    expect([compared.length > 0, compared.length < 6]).toEqual([true, true]);
    expect(refused).toEqual(compared.map(() => 'admin'));
  });

  it('refuses no PKCE, plain PKCE, a foreign redirect, another resource, a wrong verifier and a wrong client secret', async () => {
    const without = async (change: (url: URL) => void) => {
      const url = new URL(authorization().url);
      change(url);
      const answer = await aBrowser().follow(url.toString());
      return answer.status === 'redirect' ? new URL(answer.location).searchParams.get('error') : answer.code;
    };
    expect(await without((url) => url.searchParams.delete('code_challenge'))).toBe('invalid_request');
    expect(await without((url) => url.searchParams.set('code_challenge_method', 'plain'))).toBe('invalid_request');
    expect(await without((url) => url.searchParams.set('redirect_uri', 'http://evil.example/'))).toBe(400);
    expect(await without((url) => url.searchParams.set('resource', 'urn:other'))).toBe('invalid_target');

    const browser = aBrowser();
    const request = authorization();
    const { location } = await browser.submitLogin(request.url, 'reviewer');
    expect(await exchange(location, { ...request, verifier: 'x'.repeat(43) })).toMatchObject({ error: 'invalid_grant' });
    expect(await exchange(location, request, 'wrong')).toMatchObject({ error: 'invalid_client' });
  });

  it('survives a restart: sessions, refresh tokens and keys', async () => {
    const browser = aBrowser();
    const tokens = await signIn(browser, 'maintainer');
    await identity.close();
    identity = await start();
    expect(identity.firstPasswords).toEqual({});
    expect((await refreshed(tokens.refresh_token)).status).toBe(200);
    await expect(verifier.verify(tokens.access_token)).resolves.toMatchObject({ subject: 'maintainer' });
    expect((await browser.follow(authorization().url)).status).toBe('redirect');
  });

  it('ends at sign-out, with the refresh tokens of that session', async () => {
    const browser = aBrowser();
    const tokens = await signIn(browser, 'reviewer');
    const url = new URL(`${identity.issuer}/session/end`);
    url.searchParams.set('id_token_hint', tokens.id_token);
    url.searchParams.set('post_logout_redirect_uri', `http://127.0.0.1:${webPort}/`);
    const page = await browser.follow(url.toString());
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
    const done = await browser.post(`${identity.issuer}/session/end/confirm`, { xsrf, logout: 'yes' });
    expect(done.location).toBe(`http://127.0.0.1:${webPort}/`);
    expect((await refreshed(tokens.refresh_token)).status).toBe(400);
    expect((await browser.follow(authorization().url)).body).toContain('Sign in');
  });

  it('lets the console revoke a refresh token', async () => {
    const { refresh_token: token } = await signIn(aBrowser(), 'observer');
    const answer = await fetch(`${identity.issuer}/token/revocation`, {
      method: 'POST',
      headers: { authorization: basic() },
      body: new URLSearchParams({ token }),
    });
    expect(answer.status).toBe(200);
    expect((await refreshed(token)).status).toBe(400);
  });

  it('stores no refresh token as it is', async () => {
    const { refresh_token: token } = await signIn(aBrowser(), 'observer');
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    const { rows } = await client.query('SELECT id, payload::text FROM identity.oidc_record');
    await client.end();
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(token);
  });
});

describe('the local operator', () => {
  const proofFor = async (person: string, over: { key?: JWK; aud?: string; iat?: number; exp?: number; jti?: string } = {}) => {
    const key = over.key ?? (JSON.parse(await readFile(join(dataDir, 'operator.jwk'), 'utf8')) as JWK);
    const iat = over.iat ?? Math.floor(Date.now() / 1000);
    return new SignJWT({})
      .setProtectedHeader({ alg: 'EdDSA' })
      .setAudience(over.aud ?? identity.issuer)
      .setSubject(person)
      .setJti(over.jti ?? randomUUID())
      .setIssuedAt(iat)
      .setExpirationTime(over.exp ?? iat + 60)
      .sign(await importJWK(key, 'EdDSA'));
  };
  const post = async (path: string, body: object | string, type = 'application/json') => {
    const answer = await fetch(`${identity.issuer}/local-operator/${path}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  };

  it('signs in as a person, and the token says how', async () => {
    const { status, body } = await post('token', { person: 'reviewer', proof: await proofFor('reviewer') });
    expect(status).toBe(200);
    await expect(verifier.verify(body.access_token ?? '')).resolves.toMatchObject({
      kind: 'person',
      subject: 'reviewer',
      clientId: 'cli',
      amr: ['local-operator'],
      acr: 'urn:countersign:acr:local-operator',
      issuer: identity.issuer,
    });
  });

  it('refuses a proof that was used, is late, or is for another person, place or key', async () => {
    const proof = await proofFor('admin');
    expect((await post('token', { person: 'admin', proof })).status).toBe(200);
    const now = Math.floor(Date.now() / 1000);
    const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
    const { exportJWK } = await import('jose');
    const refused = [
      proof,
      await proofFor('reviewer'),
      await proofFor('admin', { aud: 'http://127.0.0.1:1' }),
      await proofFor('admin', { iat: now - 120, exp: now - 60 }),
      await proofFor('admin', { iat: now - 120, exp: now + 86_400 }),
      await proofFor('admin', { key: await exportJWK(privateKey) }),
      'nonsense',
    ];
    for (const each of refused) {
      expect(await post('token', { person: 'admin', proof: each })).toMatchObject({
        status: 401,
        body: { error: { code: 'UNAUTHENTICATED' } },
      });
    }
    expect((await post('token', { person: 'nobody', proof: await proofFor('nobody') })).status).toBe(401);
  });

  it('takes one of many uses of one proof at once', async () => {
    const proof = await proofFor('admin');
    const answers = await Promise.all(Array.from({ length: 8 }, () => post('token', { person: 'admin', proof })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('rotates its refresh token, ends the family at a second use, and is revoked', async () => {
    const { body: first } = await post('token', { person: 'admin', proof: await proofFor('admin') });
    const { status, body: second } = await post('refresh', { refresh_token: first.refresh_token });
    expect(status).toBe(200);
    await expect(verifier.verify(second.access_token ?? '')).resolves.toMatchObject({ amr: ['local-operator'] });
    expect((await post('refresh', { refresh_token: first.refresh_token })).status).toBe(401);
    expect((await post('refresh', { refresh_token: second.refresh_token })).status).toBe(401);

    const { body: other } = await post('token', { person: 'admin', proof: await proofFor('admin') });
    expect((await post('revoke', { refresh_token: other.refresh_token })).status).toBe(200);
    expect((await post('refresh', { refresh_token: other.refresh_token })).status).toBe(401);
  });

  it('answers what is malformed with a code and no more', async () => {
    expect(await post('token', '{', 'application/json')).toMatchObject({ status: 400, body: { error: { code: 'INVALID_INPUT' } } });
    expect((await post('token', {})).status).toBe(400);
    expect((await post('token', { person: 'admin', proof: 'x'.repeat(20_000) })).status).toBe(400);
    expect((await post('token', 'person=admin', 'text/plain')).status).toBe(400);
    expect((await post('elsewhere', {})).status).toBe(404);
  });
});

const aBrowser = () => new IdentityBrowser(identity.issuer, passwords);

const basic = (secret = identity.consoleClient.secret.reveal()) =>
  `Basic ${Buffer.from(`console:${secret}`).toString('base64')}`;

type Authorization = { readonly url: string; readonly verifier: string; readonly redirect: string };

function authorization(): Authorization {
  const verifier = randomBytes(32).toString('base64url');
  const redirect = `http://127.0.0.1:${webPort}/auth/callback`;
  const url = new URL(`${identity.issuer}/auth`);
  url.search = new URLSearchParams({
    client_id: 'console',
    response_type: 'code',
    scope: 'openid profile',
    redirect_uri: redirect,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: randomUUID(),
  }).toString();
  return { url: url.toString(), verifier, redirect };
}

type Tokens = { access_token: string; refresh_token: string; id_token: string; expires_in: number; error?: string };

async function tokenRequest(body: Record<string, string>, secret?: string) {
  const answer = await fetch(`${identity.issuer}/token`, {
    method: 'POST',
    headers: { authorization: basic(secret) },
    body: new URLSearchParams(body),
  });
  return { status: answer.status, body: (await answer.json()) as Tokens };
}

async function exchange(location: string, { verifier: code_verifier, redirect }: Authorization, secret?: string) {
  const code = new URL(location).searchParams.get('code') ?? '';
  const grant = { grant_type: 'authorization_code', code, code_verifier, redirect_uri: redirect };
  return (await tokenRequest(grant, secret)).body;
}

const refreshed = (refresh_token: string) => tokenRequest({ grant_type: 'refresh_token', refresh_token });

async function signIn(browser: IdentityBrowser, person: string): Promise<Tokens> {
  const request = authorization();
  const { location } = await browser.submitLogin(request.url, person);
  return exchange(location, request);
}

/** fetch sets Host itself, so this goes by the lower road. */
function raw(path: string, headers: Record<string, string>): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, headers }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0 });
    });
    request.on('error', reject);
    request.end();
  });
}
