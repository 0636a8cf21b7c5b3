import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { TestInstallation } from '../src/index.js';

type GraphqlError = { readonly message: string; readonly extensions: { readonly code: string; readonly field?: string } };

export type Answer = {
  readonly status: number;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>> | null | undefined;
  /** Of the first error, as `CODE` or `CODE field`. */
  readonly refusal: string | undefined;
  readonly errors: readonly GraphqlError[];
};

/** What `login --as` stored for a person. */
export function tokenOf(app: TestInstallation, person: string): string {
  const file = join(app.env['XDG_CONFIG_HOME'] ?? '', 'countersign', `${person}.json`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { accessToken: string }).accessToken;
}

/** Plain HTTP, with nothing of our clients; a `body` that is text is sent as it is. */
export async function post(app: TestInstallation, token: string, body: unknown, headers: Record<string, string> = {}, method = 'POST'): Promise<Answer> {
  const response = await fetch(`${app.state().addresses['gateway'] ?? ''}/graphql`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(method === 'GET' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const { data, errors = [] } = JSON.parse(text) as { data?: Answer['data']; errors?: readonly GraphqlError[] };
  const [first] = errors;
  const refusal = first && [first.extensions.code, first.extensions.field].filter(Boolean).join(' ');
  return { status: response.status, text, data, refusal, errors };
}

export function ask(app: TestInstallation, person: string, query: string, variables: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
  return post(app, tokenOf(app, person), { query, variables }, headers);
}
