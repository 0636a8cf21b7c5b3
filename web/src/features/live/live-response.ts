import 'server-only';

import { currentSession } from '../session/current-session';
import { gatewayStream, type LiveItem } from './gateway-stream';
import { type LiveCursors, encodeCursors, wishOf } from './live-topics';

const STREAMS_PER_PERSON = 6;
const HEARTBEAT_MS = 15_000;
const RETRY_MS = 1_000;
/** More than this not taken by the browser, and it is let go; it goes on by cursor. */
const MAX_WAITING_BYTES = 1_000_000;

const streams = new Map<string, number>();

function refuse(status: number, message: string): Response {
  return new Response(`${message}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' } });
}

/** A person's place among the streams, and how to give it back once. */
function seatOf(subject: string): (() => void) | undefined {
  const held = streams.get(subject) ?? 0;
  if (held >= STREAMS_PER_PERSON) return undefined;
  streams.set(subject, held + 1);
  let isTaken = true;
  return () => {
    if (!isTaken) return;
    isTaken = false;
    const left = (streams.get(subject) ?? 1) - 1;
    if (left > 0) streams.set(subject, left);
    else streams.delete(subject);
  };
}

/**
 * What the gateway's subscriptions say, as server-sent events: the browser holds a session cookie and never a token.
 * proxy.ts has checked Host and Origin and refreshed the session. The stream ends with the access token; the browser
 * comes again by itself, and then has a fresh one or is signed out.
 */
export async function liveResponse(request: Request): Promise<Response> {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin') return refuse(403, 'For pages of this console only');
  const wish = wishOf(new URL(request.url), request.headers.get('last-event-id'));
  if (!wish) return refuse(400, 'Say what to follow');
  const session = await currentSession();
  if (!session) return refuse(401, 'Signed out');
  const leave = seatOf(session.subject);
  if (!leave) return refuse(429, 'Too many live pages at once');

  let end = (): void => undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        end = streamInto(controller, (told) => gatewayStream(wish, session.accessToken, told), wish.at, leave);
        request.signal.addEventListener('abort', end, { once: true });
        if (request.signal.aborted) end();
      },
      cancel: () => end(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: MAX_WAITING_BYTES }),
  );
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      // Compression would hold events back.
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    },
  });
}

type Open = (told: { onConnected: () => void; onItem: (item: LiveItem) => void; onEnd: () => void }) => () => void;

/** Writes events until either side ends; answers how to end it. */
function streamInto(controller: ReadableStreamDefaultController<Uint8Array>, open: Open, from: LiveCursors, leave: () => void): () => void {
  const encoder = new TextEncoder();
  let at = from;
  let isOver = false;
  let close = (): void => undefined;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    clearInterval(heartbeat);
    leave();
    close();
    try {
      controller.close();
    } catch {
      // The browser was the one who went away.
    }
  };
  const write = (text: string): void => {
    if (isOver) return;
    controller.enqueue(encoder.encode(text));
    if ((controller.desiredSize ?? 0) <= 0) end();
  };
  const heartbeat = setInterval(() => write(': here\n\n'), HEARTBEAT_MS);
  write(`retry: ${RETRY_MS}\n\n`);
  close = open({
    onConnected: () => write('event: ready\ndata: {}\n\n'),
    onItem: ({ topic, value, cursor }) => {
      at = { ...at, [topic]: cursor };
      write(`id: ${encodeCursors(at)}\nevent: ${topic}\ndata: ${JSON.stringify(value)}\n\n`);
    },
    onEnd: end,
  });
  return end;
}
