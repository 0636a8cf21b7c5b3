import { ERRORS, isErrorCode } from '@countersign/domain';
import type { Client } from 'graphql-ws';

import { addressOf } from './addresses.js';
import { CliError } from './cli-error.js';
import type { Context } from './context.js';

/** What a command follows, and how it is looked at without a socket. */
export type Live<Value> = {
  readonly document: string;
  /** The one field of the subscription. */
  readonly field: string;
  readonly id: string;
  /** Where to begin; null is the state as it is. */
  readonly after: string | number | null;
  readonly cursorOf: (value: Value) => string | number;
  /** What is new behind the place; undefined: nothing. A place that is null looks at the state as it is. */
  readonly poll: (after: string | number | null) => Promise<{ readonly value: Value; readonly after: string | number | null; readonly hasMore: boolean } | undefined>;
  readonly isLast: (value: Value) => boolean;
};

type Received<Value> = { readonly data?: Readonly<Record<string, Value>> | null; readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: unknown; readonly field?: unknown } }[] };

const POLL_MS = 2_000;
const POLLS_BETWEEN_SOCKETS = 10;
const RETRY_MS = 500;
const PING_MS = 15_000;
const PONG_MS = 5_000;

/** Every value once, in order, until the last one or the signal: over a socket, by looking every 2 s while there is none. */
export async function* follow<Value>(context: Context, live: Live<Value>, signal: AbortSignal): AsyncGenerator<Value> {
  let { after } = live;
  let isTold = false;
  while (!signal.aborted) {
    const socket = overSocket<Value>(context, live, after, signal);
    for await (const value of socket.values) {
      after = live.cursorOf(value);
      isTold = false;
      yield value;
      if (live.isLast(value)) return;
    }
    if (signal.aborted || socket.isComplete()) return;
    if (socket.hasWorked()) {
      await pause(context, RETRY_MS, signal);
      continue;
    }
    if (!isTold) context.printer.note('No live connection: it looks every 2 s instead.');
    isTold = true;
    for (let polls = 0; polls < POLLS_BETWEEN_SOCKETS && !signal.aborted; polls += 1) {
      for (let found = await live.poll(after); found; found = found.hasMore ? await live.poll(after) : undefined) {
        after = found.after;
        yield found.value;
        if (live.isLast(found.value)) return;
      }
      await pause(context, POLL_MS, signal);
    }
  }
}

function overSocket<Value>(context: Context, live: Live<Value>, after: string | number | null, signal: AbortSignal) {
  let hasWorked = false;
  let isComplete = false;
  async function* values(): AsyncGenerator<Value> {
    const client = await clientOf(context);
    const stream = client.iterate({ query: live.document, variables: { id: live.id, after } });
    const stop = (): void => void client.dispose();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for await (const received of stream) {
        hasWorked = true;
        yield valueOf<Value>(received as Received<Value>, live.field);
      }
      isComplete = !signal.aborted;
    } catch (error) {
      if (Array.isArray(error)) throw refusalOf(error as NonNullable<Received<Value>['errors']>);
      if (error instanceof CliError && ERRORS[error.code].kind !== 'unavailable') throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      await client.dispose();
    }
  }
  return { values: values(), hasWorked: () => hasWorked, isComplete: () => isComplete };
}

/** One connection, one try: what comes next is decided by `follow`, which knows where to go on. */
async function clientOf({ io, gateway }: Context): Promise<Client> {
  // Half of all that the command would load, and few of its runs follow anything.
  const [{ createClient }, { WebSocket }] = await Promise.all([import('graphql-ws'), import('ws')]);
  const address = await addressOf('gateway', io);
  let late: NodeJS.Timeout | undefined;
  const client = createClient({
    url: `${address.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    keepAlive: PING_MS,
    connectionAckWaitTimeout: PONG_MS,
    connectionParams: async () => ({ authorization: `Bearer ${await gateway.token()}` }),
    on: {
      ping: (isReceived) => {
        if (!isReceived) late = setTimeout(() => client.terminate(), PONG_MS);
      },
      pong: (isReceived) => {
        if (isReceived) clearTimeout(late);
      },
      closed: () => clearTimeout(late),
    },
  });
  return client;
}

function valueOf<Value>({ data, errors }: Received<Value>, field: string): Value {
  const value = data?.[field];
  if (errors?.length || value === undefined || value === null) throw refusalOf(errors ?? []);
  return value;
}

function refusalOf(errors: NonNullable<Received<unknown>['errors']>): CliError {
  const [error] = errors;
  const { code, field } = error?.extensions ?? {};
  const known = typeof code === 'string' && isErrorCode(code) ? code : 'INTERNAL';
  return new CliError(known, error?.message ?? 'The gateway answered in a form that is not ours', typeof field === 'string' ? field : undefined);
}

async function pause({ io }: Context, ms: number, signal: AbortSignal): Promise<void> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([io.sleep(ms), aborted]);
  if (stop) signal.removeEventListener('abort', stop);
}
