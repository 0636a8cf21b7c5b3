import { hostname } from 'node:os';

import { ERRORS } from '@countersign/domain';
import { z } from 'zod';

import { CliError } from './cli-error.js';
import { fetchFrom } from './http.js';
import type { Io } from './io.js';
import type { Tokens } from './operator-issuer.js';

const url = z.url({ protocol: /^https?$/ });
const discovery = z.object({
  issuer: url,
  token_endpoint: url,
  device_authorization_endpoint: url.optional(),
  revocation_endpoint: url.optional(),
  scopes_supported: z.array(z.string()).default([]),
});
type Endpoints = z.infer<typeof discovery>;

const begun = z.object({
  device_code: z.string().min(1),
  user_code: z.string().min(1),
  verification_uri: url,
  verification_uri_complete: url.optional(),
  expires_in: z.number().positive(),
  interval: z.number().positive().default(5),
});
type Begun = z.infer<typeof begun>;

const granted = z.object({ access_token: z.string(), refresh_token: z.string().nullish(), expires_in: z.number().positive() });
const refused = z.object({ error: z.string(), error_description: z.string().optional() });

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** The audience of access tokens, for an issuer that asks which one is meant. */
const API = 'urn:countersign:api';
/** RFC 8628, section 3.5. */
const SLOWER_S = 5;
const SLOWEST_S = 60;
const NAMED = { what: 'The identity provider', code: 'IDENTITY_UNAVAILABLE' } as const;

type Answer = { readonly status: number; readonly body: unknown };

async function read(response: Response): Promise<Answer> {
  return { status: response.status, body: await response.json().catch(() => undefined) };
}

async function postForm(address: string, form: Readonly<Record<string, string>>): Promise<Answer> {
  const headers = { accept: 'application/json', 'user-agent': `countersign on ${hostname().replace(/[^\x20-\x7e]/g, '?')}` };
  return read(await fetchFrom(address, { method: 'POST', headers, body: new URLSearchParams(form) }, NAMED));
}

/** @throws CliError IDENTITY_UNAVAILABLE where nothing answers as an OpenID provider. */
async function endpointsOf(issuer: string): Promise<Endpoints> {
  const { body } = await read(await fetchFrom(`${issuer}/.well-known/openid-configuration`, {}, NAMED));
  const found = discovery.safeParse(body).data;
  // A document that speaks for another issuer could send the code, and so the person, anywhere.
  if (!found || found.issuer.replace(/(?<!\/)\/+$/, '') !== issuer) throw new CliError('IDENTITY_UNAVAILABLE', `${issuer} does not answer as that OpenID provider`);
  const addresses = [found.token_endpoint, found.device_authorization_endpoint, found.revocation_endpoint];
  const isWeaker = issuer.startsWith('https:') && addresses.some((address) => address?.startsWith('http:'));
  if (isWeaker) throw new CliError('IDENTITY_UNAVAILABLE', `${issuer} names addresses without TLS`);
  return found;
}

function strange(): CliError {
  return new CliError('INTERNAL', 'The identity provider answered in a form that is not of the device flow');
}

function refusalOf({ status, body }: Answer): { readonly error: string; readonly message: string } {
  const { error = `HTTP ${status}`, error_description: description } = refused.safeParse(body).data ?? {};
  return { error, message: description ? `${error}: ${description}` : error };
}

function tokensOf({ body }: Answer, io: Io): Tokens {
  const answer = granted.safeParse(body).data;
  if (!answer) throw strange();
  return { accessToken: answer.access_token, refreshToken: answer.refresh_token ?? null, expiresAt: io.now() + answer.expires_in * 1000 };
}

async function begin({ device_authorization_endpoint: endpoint, scopes_supported: scopes }: Endpoints, clientId: string): Promise<Begun> {
  if (!endpoint) throw new CliError('INVALID_INPUT', 'This identity provider has no device flow; `login --as` works for the embedded one');
  // Without offline access the sign-in of the command would end with that of the browser.
  const lasting = scopes.includes('offline_access') ? { scope: 'openid offline_access', prompt: 'consent' } : { scope: 'openid' };
  const answer = await postForm(endpoint, { client_id: clientId, resource: API, ...lasting });
  if (answer.status >= 500) throw new CliError('IDENTITY_UNAVAILABLE', `The identity provider answered ${answer.status}`);
  if (answer.status !== 200) throw new CliError('UNAUTHENTICATED', `The identity provider refuses to begin: ${refusalOf(answer).message}`);
  const parsed = begun.safeParse(answer.body).data;
  if (!parsed) throw strange();
  return parsed;
}

/** Undefined: not yet, and how many seconds longer to wait from now on. */
async function askOnce(endpoint: string, form: Readonly<Record<string, string>>, io: Io): Promise<{ readonly tokens?: Tokens; readonly slower: number }> {
  let answer: Answer;
  try {
    answer = await postForm(endpoint, form);
  } catch (error) {
    // It may be starting again; the code is kept there.
    if (error instanceof CliError && ERRORS[error.code].kind === 'unavailable') return { slower: SLOWER_S };
    throw error;
  }
  if (answer.status === 200) return { tokens: tokensOf(answer, io), slower: 0 };
  if (answer.status >= 500) return { slower: SLOWER_S };
  const { error, message } = refusalOf(answer);
  if (error === 'authorization_pending') return { slower: 0 };
  if (error === 'slow_down') return { slower: SLOWER_S };
  if (error === 'access_denied') throw new CliError('FORBIDDEN', 'The sign-in was refused in the browser');
  if (error === 'expired_token' || error === 'invalid_grant') throw expired();
  throw new CliError('UNAUTHENTICATED', `The identity provider refused: ${message}`);
}

function expired(): CliError {
  return new CliError('UNAUTHENTICATED', 'The code has expired: run `login` again');
}

/**
 * Signs in by a browser, which may be on another machine (RFC 8628).
 *
 * @throws CliError FORBIDDEN where it was refused there, UNAUTHENTICATED where the code ran out, IDENTITY_UNAVAILABLE.
 */
export async function signInByDevice(issuer: string, clientId: string, io: Io, say: (text: string) => void): Promise<Tokens> {
  const endpoints = await endpointsOf(issuer);
  const { device_code, user_code, verification_uri, verification_uri_complete, expires_in, interval } = await begin(endpoints, clientId);
  const until = io.now() + expires_in * 1000;
  say(`Open ${verification_uri} and type the code\n\n    ${user_code}\n`);
  if (verification_uri_complete) say(`or open ${verification_uri_complete} and compare it.`);
  say(`Waiting; the code is good for ${Math.ceil(expires_in / 60)} minutes.`);
  for (let wait = interval; ; ) {
    if (io.now() + wait * 1000 > until) throw expired();
    await io.sleep(wait * 1000);
    const { tokens, slower } = await askOnce(endpoints.token_endpoint, { grant_type: GRANT, device_code, client_id: clientId }, io);
    if (tokens) return tokens;
    wait = Math.min(wait + slower, Math.max(SLOWEST_S, interval));
  }
}

/** @throws CliError UNAUTHENTICATED where the sign-in has ended. */
export async function refreshByGrant(refreshToken: string, issuer: string, clientId: string, io: Io): Promise<Tokens> {
  const { token_endpoint: endpoint } = await endpointsOf(issuer);
  const answer = await postForm(endpoint, { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId });
  if (answer.status >= 500) throw new CliError('IDENTITY_UNAVAILABLE', `The identity provider answered ${answer.status}`);
  if (answer.status !== 200) throw new CliError('UNAUTHENTICATED', `The sign-in has ended (${refusalOf(answer).error}): run \`login\` again`);
  const tokens = tokensOf(answer, io);
  // An issuer that does not rotate gives none.
  return { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken };
}

export async function revokeByGrant(refreshToken: string, issuer: string, clientId: string): Promise<void> {
  const { revocation_endpoint: endpoint } = await endpointsOf(issuer);
  if (endpoint) await postForm(endpoint, { token: refreshToken, client_id: clientId });
}
