import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { AppError } from '@countersign/domain';

import { isRefusal, reasonOf, unreachable } from './egress-error.js';
import type { EgressLog } from './egress-log.js';
import type { Target } from './proxy-target.js';
import type { EgressLimits, TrafficMeter } from './traffic-meter.js';

export type TunnelContext = { readonly target: Target; readonly meter: TrafficMeter; readonly limits: EgressLimits; readonly log: EgressLog };

/** Passes bytes on, unread, until both sides have ended, the run's bytes are used up, or nothing moved for too long. Logs it. */
export async function passThrough(client: Duplex, upstream: Socket, { target, meter, limits, log }: TunnelContext): Promise<void> {
  const started = Date.now();
  const sent = meter.counted('the tunnel', Number.POSITIVE_INFINITY);
  const received = meter.counted('the tunnel', Number.POSITIVE_INFINITY);
  const silent = unreachable(504, `nothing moved through the tunnel for ${limits.requestTimeoutMs} ms`);
  upstream.setTimeout(limits.requestTimeoutMs, () => upstream.destroy(silent));
  const ends = await Promise.allSettled([pipeline(client, sent, upstream), pipeline(upstream, received, client)]);
  upstream.destroy();
  client.destroy();
  // Connections that end the hard way are everyday; only a limit is worth telling.
  const failure = ends.flatMap((end) => (end.status === 'rejected' && end.reason instanceof AppError ? [end.reason] : []))[0];
  log.add({
    time: new Date(started).toISOString(),
    method: 'CONNECT',
    ...target,
    path: '',
    status: 200,
    sentBytes: sent.bytes,
    receivedBytes: received.bytes,
    durationMs: Date.now() - started,
    allowed: !isRefusal(failure),
    reason: failure === undefined ? null : reasonOf(failure),
    credential: null,
    tunnel: true,
  });
}
