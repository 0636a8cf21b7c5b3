import { createHmac, createPrivateKey, generateKeyPairSync, randomUUID, sign, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { TestInstallation } from '../src/index.js';

type Claims = Record<string, unknown>;

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function jwt(header: object, claims: Claims, signed: (input: string) => Buffer): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${signed(input).toString('base64url')}`;
}

const es256 = (key: KeyObject) => (input: string): Buffer => sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });

/** Tokens that look right and are not, by what is wrong with them. */
export function badTokens(app: TestInstallation): Readonly<Record<string, string>> {
  const issuer = app.state().addresses['issuer'] ?? '';
  const secrets = JSON.parse(readFileSync(join(app.dataDir, 'identity/identity-secrets.json'), 'utf8')) as { signingKey: JsonWebKey & { kid: string } };
  const { kid, x = '', y = '' } = secrets.signingKey;
  const own = createPrivateKey({ key: secrets.signingKey, format: 'jwk' });
  const service = JSON.parse(readFileSync(join(app.dataDir, 'secrets/services/operator.jwk'), 'utf8')) as JsonWebKey & { kid?: string };
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, sub: 'admin', aud: 'urn:countersign:api', client_id: 'cli', iat: now, exp: now + 600, jti: randomUUID() };
  const header = { alg: 'ES256', typ: 'at+jwt', kid };
  const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return {
    'signed with a foreign key': jwt(header, claims, es256(foreign)),
    'of a foreign issuer': jwt(header, { ...claims, iss: 'https://issuer.example.org' }, es256(own)),
    'for another audience': jwt(header, { ...claims, aud: 'urn:other:api' }, es256(own)),
    expired: jwt(header, { ...claims, iat: now - 7200, exp: now - 3600 }, es256(own)),
    'without an end': jwt(header, { ...claims, exp: undefined }, es256(own)),
    'with alg none': jwt({ ...header, alg: 'none' }, claims, () => Buffer.alloc(0)),
    'with the public key as a password': jwt({ ...header, alg: 'HS256' }, claims, (input) => createHmac('sha256', `${x}${y}`).update(input).digest()),
    'with its claims changed': jwt(header, claims, es256(own)).replace(/\.[^.]+\./, `.${encoded({ ...claims, sub: 'maintainer' })}.`),
    "of one of our services": jwt(
      { alg: 'EdDSA', ...(service.kid === undefined ? {} : { kid: service.kid }) },
      { iss: 'countersign-service', sub: 'service:operator', aud: 'gateway', iat: now, exp: now + 200, jti: randomUUID() },
      (input) => sign(null, Buffer.from(input), createPrivateKey({ key: service, format: 'jwk' })),
    ),
    'that is no token': 'abc.def',
    'that is far too long': 'a'.repeat(6_000),
  };
}

/** That the signing above is right: without a fault it is taken. */
export function goodToken(app: TestInstallation): string {
  const secrets = JSON.parse(readFileSync(join(app.dataDir, 'identity/identity-secrets.json'), 'utf8')) as { signingKey: JsonWebKey & { kid: string } };
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: app.state().addresses['issuer'], sub: 'admin', aud: 'urn:countersign:api', client_id: 'cli', iat: now, exp: now + 600, jti: randomUUID() };
  return jwt({ alg: 'ES256', typ: 'at+jwt', kid: secrets.signingKey.kid }, claims, es256(createPrivateKey({ key: secrets.signingKey, format: 'jwk' })));
}
