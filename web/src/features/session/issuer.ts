import * as oidc from 'openid-client';

import { consoleSettings } from './console-settings';
import type { Session } from './sealed-cookie';

let discovered: Promise<oidc.Configuration> | undefined;

/** The issuer as it describes itself; asked again after a failure. */
export function issuer(): Promise<oidc.Configuration> {
  discovered ??= discover().catch((error: unknown) => {
    discovered = undefined;
    throw error;
  });
  return discovered;
}

async function discover(): Promise<oidc.Configuration> {
  const { issuer: url, clientId, clientSecret } = consoleSettings();
  // Plain HTTP carries no proof of the sender, so ID tokens are checked by signature in any case.
  const execute = [oidc.enableNonRepudiationChecks];
  // Marked as deprecated so that nobody uses it by mistake; the embedded issuer is loopback HTTP.
  if (url.protocol === 'http:') execute.push(oidc.allowInsecureRequests);
  return oidc.discovery(url, clientId, {}, oidc.ClientSecretBasic(clientSecret), { execute, timeout: 10 });
}

const DEFAULT_ACCESS_SECONDS = 300;
type Tokens = Awaited<ReturnType<typeof oidc.authorizationCodeGrant>>;

export function sessionFrom(tokens: Tokens, previous?: Session): Session | undefined {
  const claims = tokens.claims();
  const subject = claims?.sub ?? previous?.subject;
  if (!subject) return undefined;
  const refreshToken = tokens.refresh_token ?? previous?.refreshToken;
  return {
    subject,
    name: typeof claims?.['name'] === 'string' ? claims['name'] : (previous?.name ?? subject),
    accessToken: tokens.access_token,
    accessExpires: Math.floor(Date.now() / 1000) + (tokens.expiresIn() ?? DEFAULT_ACCESS_SECONDS),
    ...(refreshToken ? { refreshToken } : {}),
  };
}
