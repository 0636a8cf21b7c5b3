import { createHmac } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportSPKI, importJWK, SignJWT } from 'jose';

import { testIssuer, type TestIssuer } from '../testing/issuer.fake.js';
import { testServiceTokens, type TestServiceTokens } from '../testing/service-tokens.fake.js';
import { readJwk } from './service-key.js';
import { ServiceTokens } from './service-tokens.js';
import { TokenVerifier } from './token-verifier.js';

let dir: string;
let issuer: TestIssuer;
let services: TestServiceTokens;
let verifier: TokenVerifier;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tokens-'));
  issuer = await testIssuer();
  services = testServiceTokens(dir);
  verifier = new TokenVerifier({ ...issuer, audience: 'requests', serviceKeysDir: dir });
});
afterAll(async () => {
  await issuer.close();
  await rm(dir, { recursive: true });
});

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = (over: object = {}) => ({
  iss: issuer.issuer,
  sub: 'ada',
  aud: issuer.apiAudience,
  client_id: 'console',
  iat: Math.floor(Date.now() / 1000),
  exp: Math.floor(Date.now() / 1000) + 60,
  ...over,
});
const refused = (token: string) => expect(verifier.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });

/** A service token signed with the key of `signer`, whatever it claims. */
async function forged(signer: string, { sub = `service:${signer}`, aud = 'requests', lifeSeconds = 300, kid = signer } = {}) {
  await services.as(signer);
  const jwk = await readJwk(join(dir, `${signer}.jwk`));
  if (!jwk) throw new Error('no key');
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({})
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid })
    .setIssuer('countersign-service')
    .setSubject(sub)
    .setAudience(aud)
    .setIssuedAt(now)
    .setExpirationTime(now + lifeSeconds)
    .sign(await importJWK(jwk, 'EdDSA'));
}

describe('a person', () => {
  it('is told by subject, client and how they signed in', async () => {
    const token = await issuer.tokenFor({ subject: 'ada', amr: ['local-operator'], clientId: 'cli', authTime: 5 });
    await expect(verifier.verify(token)).resolves.toEqual({
      kind: 'person',
      issuer: issuer.issuer,
      subject: 'ada',
      clientId: 'cli',
      acr: 'password',
      amr: ['local-operator'],
      authTime: 5,
      token,
    });
  });

  it('is refused with alg none', async () => {
    await refused(`${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(claims())}.`);
  });

  it('is refused with the public key as an HS256 secret', async () => {
    const signed = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: 'test' })}.${encode(claims())}`;
    const secret = await exportSPKI(issuer.publicKey);
    await refused(`${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`);
  });

  it('is refused with another audience, issuer, type, past its expiry or altered', async () => {
    await refused(await issuer.tokenFor({ subject: 'ada', audience: 'elsewhere' }));
    await refused(await issuer.tokenFor({ subject: 'ada', issuer: 'https://evil.example' }));
    await refused(await issuer.tokenFor({ subject: 'ada', typ: 'JWT' }));
    await refused(await issuer.tokenFor({ subject: 'ada', expiresIn: -10 }));
    const [header, , signature] = (await issuer.tokenFor({ subject: 'ada' })).split('.');
    await refused(`${header}.${encode(claims({ sub: 'admin' }))}.${signature}`);
    await refused('');
    await refused('a.b.c');
    await refused('x'.repeat(20_000));
  });

  it('is refused with a key of another issuer, and allowed five seconds of clock difference', async () => {
    const other = await testIssuer();
    await refused(await other.tokenFor({ subject: 'ada', issuer: issuer.issuer }));
    await other.close();
    await expect(verifier.verify(await issuer.tokenFor({ subject: 'ada', expiresIn: -3 }))).resolves.toBeDefined();
  });

  it('cannot pose as a service, nor a service as a person', async () => {
    await refused(await issuer.tokenFor({ subject: 'service:worker', issuer: 'countersign-service', audience: 'requests' }));
    await services.as('worker');
    const jwk = await readJwk(join(dir, 'worker.jwk'));
    if (!jwk) throw new Error('no key');
    await refused(
      await new SignJWT(claims()).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' }).sign(await importJWK(jwk, 'EdDSA')),
    );
  });

  it('is not called unauthenticated when the issuer cannot be reached', async () => {
    const gone = await testIssuer();
    const token = await gone.tokenFor({ subject: 'ada' });
    await gone.close();
    const orphan = new TokenVerifier({ ...gone, audience: 'requests', serviceKeysDir: dir });
    await expect(orphan.verify(token)).rejects.toMatchObject({ code: 'IDENTITY_UNAVAILABLE' });
  });
});

describe('a service', () => {
  it('is told by its name', async () => {
    const token = await (await services.as('worker')).issue('requests');
    await expect(verifier.verify(token)).resolves.toEqual({ kind: 'service', name: 'worker' });
  });

  it('keeps one private key 0600 across restarts and racing starts', async () => {
    const made = Array.from({ length: 5 }, () => new ServiceTokens({ name: 'racer', dir }));
    const tokens = await Promise.all(made.map((each) => each.issue('requests')));
    for (const token of tokens) await expect(verifier.verify(token)).resolves.toMatchObject({ name: 'racer' });
    expect((await stat(join(dir, 'racer.jwk'))).mode & 0o777).toBe(0o600);
    expect(await readJwk(join(dir, 'racer.pub.jwk'))).not.toHaveProperty('d');
  });

  it('shows one token for half its life, another to each service, and a new one after the clock was set back', async () => {
    let now = Date.now();
    const tokens = new ServiceTokens({ name: 'worker', dir, now: () => now });
    const first = await tokens.issue('requests');
    now += 149_000;
    expect(await tokens.issue('requests')).toBe(first);
    expect(await tokens.issue('projects')).not.toBe(first);
    now += 1_000;
    const second = await tokens.issue('requests');
    expect(second).not.toBe(first);
    now -= 60_000;
    expect(await tokens.issue('requests')).not.toBe(second);
    await expect(verifier.verify(first)).resolves.toMatchObject({ name: 'worker' });
  });

  it('is refused when the token names another service, another audience, or nobody', async () => {
    await services.as('gateway');
    await refused(await forged('worker', { sub: 'service:gateway', kid: 'gateway' }));
    await refused(await forged('worker', { aud: 'projects' }));
    await refused(await forged('worker', { sub: 'service:../worker' }));
    await refused(await forged('worker', { sub: 'service:unknown' }));
    await refused(await forged('worker', { sub: 'worker' }));
  });

  it('is refused when expired', async () => {
    const tokens = new ServiceTokens({ name: 'worker', dir, now: () => Date.now() - 400_000 });
    await refused(await tokens.issue('requests'));
    await refused(await forged('worker', { lifeSeconds: -10 }));
  });

  it('is refused later than five minutes after issue, whatever expiry its token claims', async () => {
    const late = new TokenVerifier({ ...issuer, audience: 'requests', serviceKeysDir: dir, now: () => Date.now() + 310_000 });
    const token = await forged('worker', { lifeSeconds: 86_400 });
    await expect(late.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});
