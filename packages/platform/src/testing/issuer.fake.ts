import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';

export type PersonTokenOptions = {
  readonly subject: string;
  readonly audience?: string;
  readonly issuer?: string;
  readonly clientId?: string;
  readonly amr?: readonly string[];
  readonly acr?: string;
  /** Seconds since 1970. */
  readonly authTime?: number;
  /** Seconds from now; negative makes an expired token. */
  readonly expiresIn?: number;
  readonly typ?: string;
};

export type TestIssuer = {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly apiAudience: string;
  /** For attacks that use the public key as a shared secret. */
  readonly publicKey: CryptoKey;
  tokenFor(options: PersonTokenOptions): Promise<string>;
  close(): Promise<void>;
};

/** A real JWKS on a free loopback port, and access tokens as the embedded issuer makes them. */
export async function testIssuer(apiAudience = 'countersign-api'): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const keys = [{ ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig', kid: 'test' }];
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    apiAudience,
    publicKey,
    tokenFor: (options) => {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({
        client_id: options.clientId ?? 'console',
        amr: options.amr ?? ['pwd'],
        acr: options.acr ?? 'password',
        auth_time: options.authTime ?? now,
      })
        .setProtectedHeader({ alg: 'ES256', kid: 'test', typ: options.typ ?? 'at+jwt' })
        .setIssuer(options.issuer ?? issuer)
        .setSubject(options.subject)
        .setAudience(options.audience ?? apiAudience)
        .setIssuedAt(now)
        .setExpirationTime(now + (options.expiresIn ?? 900))
        .sign(privateKey);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
