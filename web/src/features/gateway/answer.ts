import type { TypedDocumentString } from '../../graphql/generated/graphql';

/** What the gateway said no with, or why it could not be asked. */
export type Failure = { readonly code: string; readonly message: string; readonly field?: string };
export type Answer<Result> = { readonly ok: true; readonly data: Result } | { readonly ok: false; readonly failure: Failure };

export type Operation<Result, Variables> = TypedDocumentString<Result, Variables>;
/** Variables may be left out where an operation has none. */
export type Given<Variables> = Variables extends Record<string, never> ? [variables?: Variables] : [variables: Variables];

type Body = {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message?: unknown; readonly extensions?: Readonly<Record<string, unknown>> }[];
};

const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);

export async function readAnswer<Result>(response: Response): Promise<Answer<Result>> {
  let body: Body;
  try {
    body = (await response.json()) as Body;
  } catch {
    return unreachable(`The gateway answered with status ${response.status} and no readable text.`);
  }
  const error = body.errors?.[0];
  if (error) {
    const field = error.extensions?.['field'];
    return {
      ok: false,
      failure: {
        code: text(error.extensions?.['code'], 'INTERNAL'),
        message: text(error.message, 'The gateway gave no reason.'),
        ...(typeof field === 'string' ? { field } : {}),
      },
    };
  }
  if (body.data === undefined || body.data === null) return unreachable(`The gateway answered with status ${response.status}.`);
  return { ok: true, data: body.data as Result };
}

export function unreachable(message: string): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure: { code: 'SERVICE_UNAVAILABLE', message } };
}
