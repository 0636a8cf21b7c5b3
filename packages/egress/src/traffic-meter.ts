import { Transform } from 'node:stream';

import { refused } from './egress-error.js';

export type EgressLimits = {
  /** Of one request's body, and of one answer's. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Of the whole run, both directions together. */
  readonly totalBytes: number;
  /** Refused ones count as well. */
  readonly requestsPerMinute: number;
  /** Connections open at the same time. */
  readonly connections: number;
  /** Of one request from its first to its last byte; for a tunnel, of silence. */
  readonly requestTimeoutMs: number;
  /** For finding a name and reaching its address. */
  readonly connectTimeoutMs: number;
};

const MB = 1024 * 1024;

export const DEFAULT_EGRESS_LIMITS: EgressLimits = {
  requestBytes: 32 * MB,
  responseBytes: 1024 * MB,
  totalBytes: 8 * 1024 * MB,
  requestsPerMinute: 3000,
  connections: 128,
  requestTimeoutMs: 10 * 60_000,
  connectTimeoutMs: 15_000,
};

const MINUTE_MS = 60_000;

/** Holds one run to its limits. */
export class TrafficMeter {
  #bytes = 0;
  #open = 0;
  #times: number[] = [];

  constructor(
    private readonly limits: EgressLimits,
    private readonly now: () => number,
  ) {}

  /** @throws AppError EGRESS_REFUSED where the run may not ask anything now. */
  request(): void {
    const { requestsPerMinute, totalBytes } = this.limits;
    const now = this.now();
    const since = this.#times.findIndex((time) => time > now - MINUTE_MS);
    this.#times = since === -1 ? [] : this.#times.slice(since);
    if (this.#times.length >= requestsPerMinute) throw refused(429, `more than ${requestsPerMinute} requests in a minute`);
    this.#times.push(now);
    if (this.#bytes >= totalBytes) throw totalReached(totalBytes);
  }

  /** @throws AppError EGRESS_REFUSED where too many connections are open. */
  connection(): () => void {
    if (this.#open >= this.limits.connections) throw refused(429, `more than ${this.limits.connections} connections at the same time`);
    this.#open += 1;
    let isOpen = true;
    return () => {
      if (isOpen) this.#open -= 1;
      isOpen = false;
    };
  }

  /** Passes bytes on and ends with EGRESS_REFUSED where there are more than `maxBytes`, or than the run may move. */
  counted(what: string, maxBytes: number): Transform & { bytes: number } {
    const transform = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        counter.bytes += chunk.length;
        this.#bytes += chunk.length;
        if (counter.bytes > maxBytes) done(tooLarge(what, maxBytes));
        else if (this.#bytes > this.limits.totalBytes) done(totalReached(this.limits.totalBytes));
        else done(null, chunk);
      },
    });
    const counter = Object.assign(transform, { bytes: 0 });
    return counter;
  }
}

export function tooLarge(what: string, maxBytes: number) {
  return refused(413, `${what} is larger than ${maxBytes} bytes`);
}

function totalReached(totalBytes: number) {
  return refused(413, `this run has moved more than ${totalBytes} bytes`);
}
