import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttp, type IncomingMessage, request, type RequestListener, type Server as HttpServer } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, createServer as createTcp, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';

import type { EgressRule, EgressSettings } from '@countersign/domain';

import { type Broker, type BrokerInput, startBroker } from '../broker.js';
import { RunAuthority } from '../run-authority.js';
import { DEFAULT_EGRESS_LIMITS } from '../traffic-meter.js';
import type { UpstreamSettings } from '../upstream.js';

export type Upstream = { readonly port: number; readonly asked: { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: string }[] };

export function aRule(over: Partial<EgressRule> = {}): EgressRule {
  return { host: 'api.test', port: 443, methods: ['GET'], tunnel: false, credential: null, ...over };
}

type BrokerOver = Partial<Omit<BrokerInput, 'upstream'>> & { readonly setup?: readonly EgressRule[]; readonly upstream?: Partial<UpstreamSettings> };

/** Servers of ours with certificates of their own authority, and a broker in front of them. */
export class BrokerWorld {
  readonly told: string[] = [];
  private readonly servers: (Server | HttpServer)[] = [];
  private readonly brokers: Broker[] = [];

  private constructor(
    readonly dir: string,
    readonly authority: RunAuthority,
  ) {}

  static async open(): Promise<BrokerWorld> {
    return new BrokerWorld(await mkdtemp(join(tmpdir(), 'egress-')), await RunAuthority.create());
  }

  async close(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.close()));
    for (const server of this.servers) {
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
    }
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Keeps what it was asked, and answers `served <path>` where nothing else is given. */
  async upstream(options: { readonly host?: string; readonly plain?: boolean; readonly answer?: RequestListener; readonly bind?: string } = {}): Promise<Upstream> {
    const { host = 'api.test', plain = false, answer, bind = '127.0.0.1' } = options;
    const asked: Upstream['asked'] = [];
    const listener: RequestListener = (req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        asked.push({ method: req.method ?? '', url: req.url ?? '', headers: req.headers, body: Buffer.concat(chunks).toString() });
        if (answer) return answer(req, res);
        res.end(`served ${req.url}`);
      });
    };
    const server = plain ? createHttp(listener) : createHttps(await this.authority.leafFor(host), listener);
    this.servers.push(server);
    await new Promise<void>((resolve) => void server.listen(0, bind, resolve));
    return { port: (server.address() as AddressInfo).port, asked };
  }

  echo(): Promise<number> {
    return this.#tcp((socket) => void socket.pipe(socket));
  }

  /** Keeps the text of each connection, and says to every piece of it what `say` writes, whether that is HTTP or not. */
  async raw(say: (socket: Socket, heard: string) => void): Promise<{ readonly port: number; readonly heard: string[] }> {
    const heard: string[] = [];
    const port = await this.#tcp((socket) => {
      const index = heard.push('') - 1;
      socket.on('data', (chunk: Buffer) => {
        heard[index] += chunk.toString('latin1');
        say(socket, heard[index] ?? '');
      });
    });
    return { port, heard };
  }

  async #tcp(serve: (socket: Socket) => void): Promise<number> {
    const open = new Set<Socket>();
    const server = createTcp((socket) => {
      open.add(socket.on('error', () => undefined));
      serve(socket);
    });
    this.servers.push(Object.assign(server, { closeAllConnections: () => open.forEach((socket) => socket.destroy()) }));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  async broker(rules: readonly EgressRule[], over: BrokerOver = {}): Promise<Broker> {
    const { setup = [], upstream, ...rest } = over;
    const settings: EgressSettings = { setup, execute: rules };
    const broker = await startBroker({
      dir: this.dir,
      owner: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
      settings,
      phase: 'execute',
      credentials: new Map(),
      limits: DEFAULT_EGRESS_LIMITS,
      tell: (line) => this.told.push(line),
      ...rest,
      upstream: { resolve: async () => ['127.0.0.1'], privateHosts: ['*.test'], trusted: [this.authority.pem], connectTimeoutMs: 2000, ...upstream },
    });
    this.brokers.push(broker);
    return broker;
  }
}

export type Answer = { readonly status: number; readonly body: string; readonly headers: IncomingMessage['headers'] };
export type Ask = {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** A tunnel as a client inside would open it; throws with the status where the broker says no. */
export function openTunnel(broker: Broker, authority: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const req = request({ socketPath: broker.socket, method: 'CONNECT', path: authority });
    req.once('connect', (answer, socket, head) => {
      if (answer.statusCode === 200) return resolve(socket);
      // The text comes with the head, or after it.
      const chunks: Buffer[] = [head];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.once('close', () => reject(new Error(`${answer.statusCode} ${Buffer.concat(chunks).toString()}`)));
    });
    req.once('error', reject);
    req.end();
  });
}

export async function secure(broker: Broker, socket: Socket, servername: string): Promise<Socket> {
  const ca = await readFile(broker.caFile, 'utf8');
  return new Promise((resolve, reject) => {
    const tls = connectTls({ socket, servername, ca, ALPNProtocols: ['http/1.1'] }, () => resolve(tls));
    tls.once('error', reject);
  });
}

export function over(socket: Socket, host: string, { method = 'GET', path = '/', headers = {}, body }: Ask = {}): Promise<Answer> {
  return answered({ createConnection: () => socket, method, path, headers: { host, ...headers } }, body);
}

/** Through CONNECT and TLS, as every https client does it. */
export async function askHttps(broker: Broker, host: string, port: number, ask: Ask = {}): Promise<Answer> {
  const tls = await secure(broker, await openTunnel(broker, `${host}:${port}`), host);
  try {
    return await over(tls, `${host}:${port}`, ask);
  } finally {
    tls.destroy();
  }
}

export function askHttp(broker: Broker, url: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  return answered({ agent: false, socketPath: broker.socket, method, path: url, headers: { host: /^http:\/\/([^/]*)/.exec(url)?.[1] ?? 'x', ...headers } }, body);
}

/** What comes back for bytes as they are, until `isEnough` or the end; in clear, through the proxy's own socket. */
export function askRaw(broker: Broker, text: string, isEnough: (heard: string) => boolean = () => false): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(broker.socket);
    let heard = '';
    socket.on('error', () => undefined).once('close', () => resolve(heard));
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      if (isEnough(heard)) socket.destroy();
    });
    socket.write(text, 'latin1');
  });
}

function answered(options: Parameters<typeof request>[1] & object, body: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(options);
    req.once('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString(), headers: answer.headers }));
    });
    req.once('error', reject);
    req.end(body);
  });
}

export type Logged = { readonly method: string; readonly host: string; readonly status: number; readonly allowed: boolean; readonly reason: string | null };

export async function logOf(broker: Broker): Promise<readonly (Logged & Record<string, unknown>)[]> {
  const reports = await broker.close();
  return reports.flatMap(({ log }) => log.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Logged & Record<string, unknown>));
}
