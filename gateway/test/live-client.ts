import { type Client, createClient, type SubscribePayload } from 'graphql-ws';
import { WebSocket } from 'ws';

export type Received = { readonly data?: Record<string, unknown> | null; readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[] };

export type Subscription = {
  readonly events: Received[];
  /** What `error` said, or how the socket ended; undefined while it runs and after a regular end. */
  failure?: unknown;
  isComplete: boolean;
  /** Until this many events came or it ended. */
  until(count: number): Promise<Received[]>;
  ended(): Promise<void>;
  stop(): void;
};

export type LiveClient = { readonly client: Client; readonly closed: { code: number; reason: string }[]; subscribe(query: string, variables?: Record<string, unknown>): Subscription };

/** A client that does not try again by itself: what happens is what a test looks at. */
export function liveClient(url: string, token: string | undefined, headers: Record<string, string> = {}): LiveClient {
  const closed: { code: number; reason: string }[] = [];
  class WithHeaders extends WebSocket {
    constructor(address: string, protocols: string) {
      super(address, protocols, { headers });
    }
  }
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WithHeaders,
    retryAttempts: 0,
    ...(token === undefined ? {} : { connectionParams: { authorization: `Bearer ${token}` } }),
    on: { closed: (event) => closed.push(event as { code: number; reason: string }) },
  });
  return { client, closed, subscribe: (query, variables = {}) => follow(client, { query, variables }) };
}

function follow(client: Client, payload: SubscribePayload): Subscription {
  const waiting = new Set<() => void>();
  const wake = (): void => waiting.forEach((look) => look());
  const events: Received[] = [];
  const subscription: Subscription = {
    events,
    isComplete: false,
    until: (count) => subscribed(() => events.length >= count || isOver()).then(() => events),
    ended: () => subscribed(isOver),
    stop: client.subscribe(payload, {
      next: (event) => {
        events.push(event as Received);
        wake();
      },
      error: (failure) => {
        subscription.failure = failure;
        wake();
      },
      complete: () => {
        subscription.isComplete = true;
        wake();
      },
    }),
  };
  const isOver = (): boolean => subscription.isComplete || subscription.failure !== undefined;
  const subscribed = (isThere: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isThere()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return subscription;
}
