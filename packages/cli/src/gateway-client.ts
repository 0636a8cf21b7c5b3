import { randomUUID } from 'node:crypto';

import { ERRORS, isErrorCode } from '@countersign/domain';
import { z } from 'zod';

import { addressOf } from './addresses.js';
import { CliError } from './cli-error.js';
import { fetchFrom, type JsonAnswer, postJson } from './http.js';
import type { Io } from './io.js';
import type { ProfileFile } from './profile.js';
import { refreshed } from './session-tokens.js';

const graphqlAnswer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.object({ code: z.string(), field: z.string().optional() }) }))
    .optional(),
});

const restAnswer = z.object({ error: z.object({ code: z.string(), message: z.string(), field: z.string().optional() }) });

const NAMED = { what: 'The gateway', code: 'SERVICE_UNAVAILABLE' } as const;
const EARLY_MS = 30_000;
const TRIES = 3;
/** For what takes its time: a large file, a bundle of a whole log. */
const LONG_DEADLINE_MS = 300_000;

/** The public API as the profile's person. */
export class GatewayClient {
  constructor(
    private readonly io: Io,
    private readonly profile: ProfileFile,
  ) {}

  /** One operation; a mutation carries a key, so that a try whose answer was lost is not carried out twice. */
  async run<Data>(document: string, variables: Record<string, unknown> = {}): Promise<Data> {
    const isMutation = document.trimStart().startsWith('mutation');
    const key = isMutation ? { 'idempotency-key': randomUUID() } : {};
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await this.once(document, variables, key)) as Data;
      } catch (error) {
        const mayRetry = error instanceof CliError && ERRORS[error.code].kind === 'unavailable' && error.code !== 'DEADLINE_EXCEEDED';
        if (!mayRetry || attempt === TRIES) throw error;
        await this.io.sleep(200 * attempt);
      }
    }
  }

  async download(sha256: string): Promise<string> {
    const response = await this.fetch(`/artifacts/${sha256}`);
    if (!response.ok) throw new CliError('ARTIFACT_UNAVAILABLE', `The gateway answered ${response.status} for artifact ${sha256}`);
    return response.text();
  }

  /** A file of the REST API, still to be read. */
  async open(path: string): Promise<Response> {
    const response = await this.fetch(path);
    if (!response.ok) throw restError(response.status, await response.json().catch(() => undefined));
    return response;
  }

  async post(path: string, body: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    const response = await this.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw restError(response.status, answer);
    return answer;
  }

  private async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const url = `${await addressOf('gateway', this.io)}${path}`;
    const headers = { ...init.headers, authorization: `Bearer ${await this.token()}` };
    return fetchFrom(url, { ...init, headers }, { ...NAMED, deadlineMs: LONG_DEADLINE_MS });
  }

  private async once(query: string, variables: object, headers: Record<string, string>): Promise<unknown> {
    const url = `${await addressOf('gateway', this.io)}/graphql`;
    const authorization = `Bearer ${await this.token()}`;
    return dataOf(await postJson(url, { query, variables }, NAMED, { ...headers, authorization }));
  }

  /** A token that is good for half a minute at least. */
  async token(): Promise<string> {
    const profile = await this.profile.read();
    if (!profile) throw new CliError('UNAUTHENTICATED', 'Not signed in: run `npx --no-install countersign login`');
    if (profile.expiresAt - EARLY_MS > this.io.now()) return profile.accessToken;
    return this.profile.locked(async () => {
      const current = (await this.profile.read()) ?? profile;
      // Another command refreshed while this one waited.
      if (current.expiresAt - EARLY_MS > this.io.now()) return current.accessToken;
      const fresh = await refreshed(current, this.io);
      await this.profile.write({ ...current, ...fresh });
      return fresh.accessToken;
    });
  }
}

function restError(status: number, body: unknown): CliError {
  const answer = restAnswer.safeParse(body);
  if (!answer.success) return new CliError(status >= 500 ? 'SERVICE_UNAVAILABLE' : 'INTERNAL', `The gateway answered ${status} in a form that is not ours`);
  const { code, message, field } = answer.data.error;
  return new CliError(isErrorCode(code) ? code : 'INTERNAL', message, field);
}

function dataOf({ status, body, headers }: JsonAnswer): unknown {
  const answer = graphqlAnswer.safeParse(body);
  if (!answer.success) throw new CliError(status >= 500 ? 'SERVICE_UNAVAILABLE' : 'INTERNAL', `The gateway answered ${status} in a form that is not ours`);
  const [error] = answer.data.errors ?? [];
  if (!error) return answer.data.data;
  const { code, field } = error.extensions;
  const after = headers.get('retry-after');
  const message = code === 'RATE_LIMITED' && after ? `${error.message} (Retry-After: ${after} s)` : error.message;
  throw new CliError(isErrorCode(code) ? code : 'INTERNAL', message, field);
}
