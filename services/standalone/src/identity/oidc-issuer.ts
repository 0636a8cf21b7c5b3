import type { Logger } from '@countersign/platform';
import {
  type ClientMetadata,
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider';

import { DEVICE_CODE_SECONDS, DEVICE_GRANT, deviceFlow, keepPace } from './device-flow.js';
import type { IdentityDatabase } from './identity-database.js';
import { logoutPage, messagePage } from './identity.pages.js';
import { type IdentitySecrets, SIGNING_ALGORITHM } from './identity-secrets.js';
import { OidcRecordAdapter } from './oidc-record.adapter.js';
import type { SamplePeople } from './sample-people.js';

export const ACCESS_TOKEN_SECONDS = 15 * 60;
export const REFRESH_TOKEN_SECONDS = 14 * 24 * 3600;

export type IssuerOptions = {
  readonly issuer: string;
  readonly apiAudience: string;
  readonly webPort: number;
  readonly secrets: IdentitySecrets;
  readonly people: SamplePeople;
  readonly database: IdentityDatabase;
  readonly logger: Logger;
};

/** oidc-provider as we run it: code with PKCE, the device flow for the command, JWT access tokens for the one API, rotating refresh tokens. */
export function createIssuer(options: IssuerOptions): Provider {
  const { issuer, database, logger } = options;
  const provider = new Provider(issuer, {
    ...policy(options),
    ...lifetimes(),
    ...pages(),
    adapter: (model: string) => new OidcRecordAdapter(model, database),
    clients: clients(options),
    jwks: { keys: [options.secrets.signingKey as { kty: string }] },
    cookies: {
      keys: [...options.secrets.cookieKeys],
      // Cookies know no port, so every server on 127.0.0.1 sees them: the names must not meet another's.
      names: {
        session: 'countersign_identity_session',
        interaction: 'countersign_identity_interaction',
        resume: 'countersign_identity_resume',
      },
      long: { signed: true, httpOnly: true, sameSite: 'lax' },
      short: { signed: true, httpOnly: true, sameSite: 'lax' },
    },
  });
  keepPace(provider);
  provider.on('server_error', (_ctx, error) => logger.error({ err: error }, 'a sign-in request failed'));
  return provider;
}

function clients({ webPort, secrets }: IssuerOptions): ClientMetadata[] {
  const signing = {
    id_token_signed_response_alg: SIGNING_ALGORITHM as 'ES256',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code' as const],
  };
  const web = ['127.0.0.1', 'localhost'].map((host) => `http://${host}:${webPort}`);
  return [
    {
      ...signing,
      client_id: 'console',
      client_secret: secrets.consoleSecret,
      token_endpoint_auth_method: 'client_secret_basic',
      redirect_uris: web.map((origin) => `${origin}/auth/callback`),
      post_logout_redirect_uris: web.flatMap((origin) => [origin, `${origin}/`]),
    },
    {
      ...signing,
      grant_types: [...signing.grant_types, DEVICE_GRANT],
      client_id: 'cli',
      client_name: 'The countersign command',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'],
    },
  ];
}

function featuresOf(apiAudience: string): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    // What nobody here uses is off: each is one more door.
    userinfo: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    deviceFlow: deviceFlow(),
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = logoutPage(form);
      },
      postLogoutSuccessSource: (ctx) => {
        ctx.body = messagePage('Signed out', 'You are signed out. You can close this page.');
      },
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => apiAudience,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => {
        if (resource !== apiAudience) throw new errors.InvalidTarget();
        return {
          scope: '',
          audience: apiAudience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: ACCESS_TOKEN_SECONDS,
          jwt: { sign: { alg: SIGNING_ALGORITHM } },
        };
      },
    },
  };
}

function policy({ apiAudience, people }: IssuerOptions): Configuration {
  const prompts = interactionPolicy.base();
  // Both clients are our own: there is nothing to consent to.
  prompts.get('consent')?.checks.clear();
  return {
    responseTypes: ['code'],
    scopes: ['openid', 'profile', 'offline_access'],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], acr: null, amr: null, auth_time: null },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    clientBasedCORS: () => false,
    clientDefaults: { id_token_signed_response_alg: SIGNING_ALGORITHM },
    enabledJWA: { idTokenSigningAlgValues: [SIGNING_ALGORITHM] },
    interactions: { policy: prompts, url: (_ctx, { uid }) => `/interaction/${uid}` },
    features: featuresOf(apiAudience),
    findAccount: (_ctx, subject) => {
      const person = people.find(subject);
      if (!person) return undefined;
      return {
        accountId: subject,
        claims: () => ({ sub: subject, name: person.name, preferred_username: subject }),
      };
    },
    loadExistingGrant,
    extraTokenClaims: (ctx) => {
      const { AuthorizationCode: code, DeviceCode: device, RefreshToken: refreshed } = ctx.oidc.entities;
      const source = code ?? device ?? refreshed;
      return { acr: source?.acr, amr: source?.amr, auth_time: source?.authTime };
    },
    // Also without offline_access: such a token ends with the browser session it came from.
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
  };
}

async function loadExistingGrant(ctx: KoaContextWithOIDC) {
  const { client, session, provider, result } = ctx.oidc;
  if (!client || !session?.accountId) return undefined;
  const known = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const existing = known ? await provider.Grant.find(known) : undefined;
  if (existing) return existing;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope('openid profile offline_access');
  await grant.save();
  return grant;
}

function lifetimes(): Configuration {
  return {
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      AuthorizationCode: 60,
      DeviceCode: DEVICE_CODE_SECONDS,
      IdToken: ACCESS_TOKEN_SECONDS,
      Interaction: 3600,
      RefreshToken: REFRESH_TOKEN_SECONDS,
      Session: REFRESH_TOKEN_SECONDS,
      Grant: REFRESH_TOKEN_SECONDS,
    },
  };
}

function pages(): Configuration {
  return {
    renderError: (ctx, { error, error_description: description }) => {
      ctx.type = 'html';
      ctx.body = messagePage('Sign-in did not work', `${description ?? error}. Go back to the page you came from and start again.`);
    },
  };
}
