import { type Answer, type Given, type Operation, readAnswer, unreachable } from './answer';

async function post<Result>(query: string, variables: unknown, headers: Record<string, string>): Promise<Answer<Result>> {
  try {
    const response = await fetch('/api/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables: variables ?? {} }),
      cache: 'no-store',
    });
    return await readAnswer<Result>(response);
  } catch {
    return unreachable('The console does not answer. Check the connection and try again.');
  }
}

/** Asks the gateway from the browser, by way of the console's server, which adds the token. */
export function query<Result, Variables>(
  operation: Operation<Result, Variables>,
  ...[variables]: Given<Variables>
): Promise<Answer<Result>> {
  return post(operation.toString(), variables, {});
}

/** `key` makes a repeated press or a retry one act; a new key is a new act. */
export function mutate<Result, Variables>(
  key: string,
  operation: Operation<Result, Variables>,
  ...[variables]: Given<Variables>
): Promise<Answer<Result>> {
  return post(operation.toString(), variables, { 'idempotency-key': key });
}
