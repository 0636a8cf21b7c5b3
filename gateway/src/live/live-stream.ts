import type { LiveFeed, LiveHint } from './live-feed.js';

/** One event of a subscription, or the failure that ends it: a thrown one would end the socket's other subscriptions too. */
export type LiveEvent<Value> = { readonly value: Value } | { readonly failure: unknown };

export type LiveStream<Value> = {
  readonly feed: LiveFeed;
  readonly matches: (hint: LiveHint) => boolean;
  /** What is new since the last read, read as the person: the authority of every single event. Undefined: nothing. */
  readonly read: () => Promise<{ readonly value: Value; readonly hasMore?: boolean; readonly isLast?: boolean } | undefined>;
  /** Hints that come closer together than this are one read. */
  readonly restMs: number;
  /** Without any hint it looks all the same after this: for lost hints, and for rights that ended. */
  readonly lookEveryMs: number;
};

async function* events<Value>(stream: LiveStream<Value>, signal: AbortSignal): AsyncGenerator<LiveEvent<Value>, void, void> {
  const { feed, matches, read, restMs, lookEveryMs } = stream;
  const waiter = feed.join(matches);
  try {
    while (!signal.aborted) {
      const found = await read();
      if (signal.aborted) return;
      if (found) yield { value: found.value };
      if (found?.isLast) return;
      if (found?.hasMore) continue;
      // A look in vain costs less than one that was sent, and what comes next should not be late for it.
      if (restMs > 0) await pause(found ? restMs : restMs / 3, signal);
      await waiter.next(lookEveryMs, signal);
    }
  } catch (error) {
    yield { failure: error };
  } finally {
    feed.leave(waiter);
  }
}

/** A generator that waits cannot be ended from outside: this one is told to stop waiting first. */
export function liveStream<Value>(stream: LiveStream<Value>): AsyncGenerator<LiveEvent<Value>, void, void> {
  const ending = new AbortController();
  const source = events(stream, ending.signal);
  const end = (): Promise<IteratorResult<LiveEvent<Value>, void>> => {
    ending.abort();
    return source.return();
  };
  return {
    next: () => source.next(),
    return: end,
    throw: end,
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => void (await end()),
  };
}

/** A subscription's `resolve`. */
export function valueOf<Value>(event: LiveEvent<Value>): Value {
  if ('failure' in event) throw event.failure;
  return event.value;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
