import 'server-only';

import { type Client, createClient } from 'graphql-ws';

import { gatewayEndpoint } from '../gateway/gateway';
import { InboxChangedSubscription, LogAppendedSubscription, RequestChangedSubscription } from './live.query';
import type { LiveTopic, LiveWish } from './live-topics';

export type LiveItem = { readonly topic: LiveTopic; readonly value: unknown; readonly cursor: string | number };
type Told = {
  readonly onConnected: () => void;
  readonly onItem: (item: LiveItem) => void;
  /** The gateway let go, or said no: the browser comes again, or looks by itself. */
  readonly onEnd: () => void;
};

const SUBSCRIPTIONS = {
  request: { query: RequestChangedSubscription.toString(), field: 'requestChanged', cursor: 'cursor' },
  log: { query: LogAppendedSubscription.toString(), field: 'logAppended', cursor: 'next' },
  inbox: { query: InboxChangedSubscription.toString(), field: 'inboxChanged', cursor: 'cursor' },
} as const satisfies Record<LiveTopic, { query: string; field: string; cursor: string }>;

type Received = { readonly data?: Readonly<Record<string, Readonly<Record<string, string | number>>>> | null; readonly errors?: readonly unknown[] | undefined };

/** One connection to the gateway as the session's person; answers how to end it. The token stays on this side. */
export function gatewayStream({ ids, at }: LiveWish, accessToken: string, told: Told): () => void {
  const url = gatewayEndpoint('/graphql');
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    void client.dispose();
    told.onEnd();
  };
  const client: Client = createClient({
    url: url.href,
    // The browser tries again: it knows where it is and may have a newer session by then.
    retryAttempts: 0,
    connectionAckWaitTimeout: 10_000,
    connectionParams: { authorization: `Bearer ${accessToken}` },
    on: { connected: () => told.onConnected(), closed: end },
  });
  for (const topic of Object.keys(ids) as LiveTopic[]) {
    const { query, field, cursor } = SUBSCRIPTIONS[topic];
    client.subscribe<Received['data'] & object>(
      { query, variables: { id: ids[topic], after: at[topic] ?? null } },
      {
        next: ({ data, errors }) => {
          const value = data?.[field];
          if (errors || !value) return end();
          return told.onItem({ topic, value, cursor: value[cursor] ?? '' });
        },
        error: end,
        // A log that has ended needs no stream; the others go on.
        complete: () => undefined,
      },
    );
  }
  return end;
}
