import type { Logger } from '@countersign/platform';
import type { WebSocket as ProtocolSocket } from 'graphql-ws';
import type { WebSocket } from 'ws';

import type { SignedIn } from '../auth/signed-in.js';
import type { Limits } from '../limits.js';

/** After `forbidden` a client may come back with a fresh token, after `tooSlow`, `goingAway` and `tryLater` as it is. */
export const CLOSE = { goingAway: 1001, tryLater: 1013, badRequest: 4400, forbidden: 4403, tooSlow: 4413, tooMany: 4429, internal: 4500 } as const;

const TERMINATE_AFTER_MS = 1_000;
/** setTimeout fires at once for anything longer. */
const LONGEST_TIMER_MS = 2_147_000_000;

/** One socket as the protocol sees it, with what ends it: its token's end, silence, and taking nothing. */
export class LiveConnection implements ProtocolSocket {
  signedIn: SignedIn | undefined;
  readonly protocol: string;
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly ping: NodeJS.Timeout;
  private isAlive = true;
  private leave: (() => void) | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly limits: Limits,
    private readonly logger: Logger,
  ) {
    this.protocol = socket.protocol;
    // A frame that breaks the protocol or is too large: ws closes the socket itself.
    socket.on('error', (error) => logger.debug({ err: error }, 'a subscription socket failed'));
    socket.on('pong', () => (this.isAlive = true));
    this.ping = setInterval(() => this.askWhetherThere(), limits.socketPingMs);
  }

  get isClosed(): boolean {
    return this.socket.readyState !== this.socket.OPEN;
  }

  /** False where the person has no place left. */
  signIn(signedIn: SignedIn, expiresAt: number, seat: (() => void) | undefined): boolean {
    if (!seat) return false;
    this.leave = seat;
    this.signedIn = signedIn;
    const leftMs = Math.min(LONGEST_TIMER_MS, Math.max(0, expiresAt - Date.now()));
    this.after(leftMs, () => this.close(CLOSE.forbidden, 'The token has expired'));
    return true;
  }

  /** Resolves when the message has left, so that a slow client holds up nobody's memory but one message of each subscription. */
  send(data: string): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.after(this.limits.socketSlowMs, () => this.close(CLOSE.tooSlow, 'Too slow: go on by cursor'));
      this.socket.send(data, () => {
        this.forget(timer);
        resolve();
      });
    });
  }

  close(code: number = CLOSE.internal, reason = ''): void {
    if (this.isClosed) return;
    this.socket.close(code, reason);
    // The other side may never read that.
    this.after(TERMINATE_AFTER_MS, () => this.socket.terminate());
  }

  onMessage(handle: (data: string) => Promise<void>): void {
    this.socket.on('message', (data, isBinary) => {
      if (isBinary) return this.close(CLOSE.badRequest, 'Text only');
      handle((data as Buffer).toString('utf8')).catch((error: unknown) => {
        this.logger.error({ err: error }, 'a subscription message failed');
        this.close(CLOSE.internal, 'Something unexpected happened');
      });
      return undefined;
    });
  }

  /** The socket is gone. */
  ended(): void {
    clearInterval(this.ping);
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.leave?.();
    this.leave = undefined;
  }

  private askWhetherThere(): void {
    if (!this.isAlive) return this.socket.terminate();
    this.isAlive = false;
    this.socket.ping();
    return undefined;
  }

  private after(ms: number, work: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, ms);
    this.timers.add(timer);
    return timer;
  }

  private forget(timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    this.timers.delete(timer);
  }
}
