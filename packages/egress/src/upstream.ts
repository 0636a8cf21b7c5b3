import { Agent, type AgentOptions } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

import { addressKind, AppError } from '@countersign/domain';

import { refused, unreachable } from './egress-error.js';
import { matchesHost } from './egress-rules.js';
import type { Target } from './proxy-target.js';

/** Every address of a name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export type UpstreamSettings = {
  readonly resolve: Resolve;
  /** Names, or `*.name`, that may have private addresses. Nothing opens metadata addresses. */
  readonly privateHosts: readonly string[];
  /** PEM certificates that upstreams are verified against. */
  readonly trusted: readonly string[];
  readonly connectTimeoutMs: number;
};

/** A target whose addresses were judged. They are what is connected to: the name is not looked up again. */
export type Destination = { readonly target: Target; readonly isTls: boolean; readonly addresses: readonly string[] };

/** @throws AppError EGRESS_REFUSED where one of the addresses is not for us; EGRESS_UNAVAILABLE where there is none. */
export async function judgedAddresses(host: string, settings: UpstreamSettings): Promise<readonly string[]> {
  const addresses = isIP(host) === 0 ? await lookUp(host, settings) : [host];
  const mayBePrivate = settings.privateHosts.some((pattern) => matchesHost(pattern, host));
  for (const kind of addresses.map(addressKind)) {
    if (kind === 'closed') throw refused(403, `${host} has an address that is never reached (metadata, reserved or multicast)`);
    if (kind === 'private' && !mayBePrivate) throw refused(403, `${host} has a private address (or loopback, or link-local), and the installation does not name it among its private hosts`);
  }
  return addresses;
}

async function lookUp(host: string, { resolve, connectTimeoutMs }: UpstreamSettings): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unreachable(504, `${host} was not resolved within ${connectTimeoutMs} ms`)), connectTimeoutMs);
  });
  try {
    const found = await Promise.race([resolve(host), late]);
    if (found.length > 0) return found;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw unreachable(502, `${host} cannot be resolved`, error);
  } finally {
    clearTimeout(timer);
  }
  throw unreachable(502, `${host} has no address`);
}

/** @throws AppError EGRESS_REFUSED for a certificate that does not verify, EGRESS_UNAVAILABLE. */
export async function connectUpstream(destination: Destination, settings: UpstreamSettings): Promise<Socket> {
  const { target, isTls } = destination;
  const socket = await connectFirst(destination, settings);
  return isTls ? await secured(socket, target, settings) : socket;
}

async function connectFirst({ target, addresses }: Destination, { connectTimeoutMs }: UpstreamSettings): Promise<Socket> {
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await connectTo(address, target.port, connectTimeoutMs);
    } catch (error) {
      failure = error;
    }
  }
  throw unreachable(502, `${target.host}:${target.port} cannot be reached`, failure);
}

function connectTo(address: string, port: number, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: address, port, allowHalfOpen: true, noDelay: true, timeout: timeoutMs });
    socket.once('error', reject);
    socket.once('timeout', () => socket.destroy(new Error('timeout')));
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function secured(socket: Socket, { host, port }: Target, { trusted, connectTimeoutMs }: UpstreamSettings): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const isAddress = isIP(host) !== 0;
    const tls = connectTls({ socket, host, ...(isAddress ? {} : { servername: host }), ca: [...trusted], minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] });
    const timer = setTimeout(() => tls.destroy(new Error('timeout')), connectTimeoutMs);
    tls.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const code = error.code ?? 'unknown';
      // Set where the handshake went well and the certificate is not one we take.
      if (tls.authorizationError) reject(refused(502, `the certificate of ${host}:${port} does not verify (${code})`));
      else reject(unreachable(502, `${host}:${port} does not answer with TLS`, error));
    });
    tls.once('secureConnect', () => {
      clearTimeout(timer);
      tls.removeAllListeners('error');
      resolve(tls);
    });
  });
}

/** Keeps the connection to one destination, whose addresses were judged once. */
export class PinnedAgent extends Agent {
  constructor(
    private readonly destination: Destination,
    private readonly settings: UpstreamSettings,
    options: AgentOptions,
  ) {
    super(options);
  }

  override createConnection(_options: unknown, callback?: (error: Error | null, stream: Duplex) => void): undefined {
    connectUpstream(this.destination, this.settings).then(
      (socket) => callback?.(null, socket),
      (error: unknown) => callback?.(error as Error, undefined as never),
    );
  }
}
