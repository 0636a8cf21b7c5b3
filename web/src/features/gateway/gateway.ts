import 'server-only';

import { consoleSettings } from '../session/console-settings';
import { requireSession } from '../session/current-session';
import { type Answer, type Given, type Operation, readAnswer, unreachable } from './answer';

const TIMEOUT_MS = 25_000;

export function gatewayEndpoint(path: string): URL {
  const { gatewayUrl } = consoleSettings();
  return new URL(`${gatewayUrl.pathname.replace(/\/$/, '')}${path}`, gatewayUrl);
}

/** Asks the gateway as the signed-in person, while a page is rendered on the server. */
export async function ask<Result, Variables>(
  operation: Operation<Result, Variables>,
  ...[variables]: Given<Variables>
): Promise<Answer<Result>> {
  const { accessToken } = await requireSession();
  try {
    const response = await fetch(gatewayEndpoint('/graphql'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
      body: JSON.stringify({ query: operation.toString(), variables: variables ?? {} }),
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return await readAnswer<Result>(response);
  } catch {
    return unreachable('The gateway does not answer. Nothing was changed; try again in a moment.');
  }
}
