import type { ErrorCode } from '@countersign/domain';

import { CliError } from './cli-error.js';

export const DEADLINE_MS = 30_000;

export type JsonAnswer = { readonly status: number; readonly body: unknown; readonly headers: Headers };
type Named = { readonly what: string; readonly code: ErrorCode; readonly deadlineMs?: number };

/** A fetch whose every failure is told as one of ours, with the address. */
export async function fetchFrom(url: string, init: RequestInit, { what, code, deadlineMs = DEADLINE_MS }: Named): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(deadlineMs) });
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    const why = isLate ? `did not answer within ${deadlineMs / 1000} s` : 'does not answer';
    throw new CliError(isLate ? 'DEADLINE_EXCEEDED' : code, `${what} at ${new URL(url).origin} ${why}; \`countersign doctor\` says more`);
  }
}

export async function postJson(url: string, body: object, named: Named, headers: Record<string, string> = {}): Promise<JsonAnswer> {
  const response = await fetchFrom(
    url,
    { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) },
    named,
  );
  const answer: unknown = await response.json().catch(() => undefined);
  return { status: response.status, body: answer, headers: response.headers };
}
