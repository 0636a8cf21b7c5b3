import { type Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import type { EgressPhase, EgressRule, EgressSettings } from '@countersign/domain';

import { type BrokerFolder, type FolderOwner, makeBrokerFolder } from './broker-folder.js';
import type { Credential } from './credentials.js';
import { refused } from './egress-error.js';
import { EgressLog, type EgressReport } from './egress-log.js';
import { rulesFor } from './egress-rules.js';
import { exchange, type ExchangeContext } from './exchange.js';
import { beginsWithTls, endTls } from './inner-tls.js';
import { parseAuthority, parseProxyUrl, type Target } from './proxy-target.js';
import { acceptConnect, refuse, refuseRaw } from './refusal-answer.js';
import { RunAuthority } from './run-authority.js';
import { type EgressLimits, TrafficMeter } from './traffic-meter.js';
import { passThrough } from './tunnel.js';
import { connectUpstream, type Destination, judgedAddresses, PinnedAgent, type UpstreamSettings } from './upstream.js';

export type BrokerInput = {
  /** Folder for sockets; each broker makes one of its own in it. */
  readonly dir: string;
  /** Who runs inside the sandbox: the only one besides us who may connect. Looked at where we are root. */
  readonly owner: FolderOwner;
  readonly settings: EgressSettings;
  /** The first phase. */
  readonly phase: EgressPhase;
  /** Those that the rules of every phase may use, found to be the project's. */
  readonly credentials: ReadonlyMap<string, Credential>;
  readonly limits: EgressLimits;
  readonly upstream: UpstreamSettings;
  /** Takes a line for people about each refusal. */
  readonly tell: (line: string) => void;
};

/** The only way out of one sandbox. */
export interface Broker {
  /** Speaks HTTP proxy; for the forwarder inside the sandbox. */
  readonly socket: string;
  /** PEM: everything upstreams are verified against, and the run's own authority. */
  readonly caFile: string;
  /** From now on the rules of that phase hold. Every connection of the one before is ended. */
  enter(phase: EgressPhase): Promise<void>;
  /** Ends every connection and takes the socket away. One report for each phase that was entered. Safe to call twice. */
  close(): Promise<readonly EgressReport[]>;
}

/** What holds at the moment a connection or request begins; it is judged and logged by that to its end. */
type Policy = { readonly rules: readonly EgressRule[]; readonly log: EgressLog };
type Inner = { readonly target: Target; readonly isTls: boolean; readonly context: ExchangeContext };

/** @throws AppError EGRESS_UNAVAILABLE where the socket cannot be made. */
export async function startBroker(input: BrokerInput): Promise<Broker> {
  const authority = await RunAuthority.create();
  const folder = await makeBrokerFolder(input.dir, [...input.upstream.trusted, authority.pem].join('\n'), input.owner);
  const broker = new ProxyBroker(input, authority, folder);
  await broker.listen();
  return broker;
}

class ProxyBroker implements Broker {
  readonly #front: Server;
  /** Reads requests out of tunnels that the broker ended; never listens. */
  readonly #inner: Server;
  readonly #inners = new WeakMap<Duplex, Inner>();
  readonly #clients = new Set<Duplex>();
  /** Connections past the limit: told so by the answer to what they ask. */
  readonly #tooMany = new WeakMap<Duplex, unknown>();
  readonly #work = new Set<Promise<void>>();
  readonly #meter: TrafficMeter;
  readonly #logs = new Map<EgressPhase, EgressLog>();
  #policy: Policy;
  #closing: Promise<readonly EgressReport[]> | undefined;

  constructor(
    private readonly input: BrokerInput,
    private readonly authority: RunAuthority,
    private readonly folder: BrokerFolder,
  ) {
    this.#meter = new TrafficMeter(input.limits, Date.now);
    this.#policy = this.#policyOf(input.phase);
    const options = { requestTimeout: input.limits.requestTimeoutMs };
    this.#front = createServer(options);
    this.#front.maxConnections = input.limits.connections * 2;
    this.#inner = createServer(options);
    this.#front.on('connection', (socket: Duplex) => this.#keep(socket));
    this.#serve(this.#front, (req, res) => this.#plain(req, res));
    this.#serve(this.#inner, (req, res) => this.#inTunnel(req, res));
    this.#front.on('connect', (req, socket, head) => this.#track(this.#connect(req, socket, head)));
    this.#inner.on('connect', (_req, socket) => refuseRaw(socket, refused(403, 'a connection inside of a connection is not allowed')));
  }

  get socket(): string {
    return this.folder.socket;
  }

  get caFile(): string {
    return this.folder.caFile;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#front.once('error', reject);
      this.#front.listen(this.socket, resolve);
    });
    await this.folder.close();
  }

  async enter(phase: EgressPhase): Promise<void> {
    this.#policy = this.#policyOf(phase);
    await this.#hangUp();
  }

  close(): Promise<readonly EgressReport[]> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<readonly EgressReport[]> {
    const closed = new Promise<void>((resolve) => void this.#front.close(() => resolve()));
    await this.#hangUp();
    await closed;
    await this.folder.remove();
    return [...this.#logs.values()].map((log) => log.report());
  }

  async #hangUp(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await Promise.allSettled(this.#work);
  }

  #policyOf(phase: EgressPhase): Policy {
    const log = this.#logs.get(phase) ?? new EgressLog(phase, this.input.tell);
    this.#logs.set(phase, log);
    return { rules: this.input.settings[phase], log };
  }

  #keep(socket: Duplex): void {
    this.#clients.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#clients.delete(socket));
    try {
      socket.once('close', this.#meter.connection());
    } catch (error) {
      this.#tooMany.set(socket, error);
    }
  }

  #serve(server: Server, handle: (req: IncomingMessage, res: ServerResponse) => Promise<void>): void {
    const take = (req: IncomingMessage, res: ServerResponse): void => this.#track(handle(req, res));
    server.on('request', take);
    // Whether a body is wanted is said after the request was judged.
    server.on('checkContinue', take);
    server.on('clientError', (_error, socket) => void refuseRaw(socket, refused(400, 'this is no HTTP/1.1 request')));
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
    tracked.catch(() => undefined);
  }

  /** A request in proxy form: plain HTTP. */
  async #plain(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const policy = this.#policy;
    const found = parseProxyUrl(req.url ?? '');
    const tooMany = this.#tooMany.get(req.socket);
    if (!found || tooMany) {
      const error = tooMany ?? refused(400, 'this is a proxy: ask for http://host/path, or CONNECT for https');
      policy.log.failed(req.method ?? '', undefined, error);
      return refuse(req, res, error);
    }
    const route = { target: found.target, isTls: false, path: found.path };
    let agent: Agent | undefined;
    await exchange(req, res, route, this.#contextOf(policy, route, async () => (agent = await this.#agentFor(route, false))));
    agent?.destroy();
  }

  /** A request that came through a tunnel, in clear or out of TLS. */
  async #inTunnel(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const inner = this.#inners.get(req.socket);
    if (!inner) return void res.destroy();
    const path = req.url ?? '';
    const route = { ...inner, path };
    if (path.startsWith('/') || path === '*') return exchange(req, res, route, inner.context);
    const error = refused(400, 'a request inside of a tunnel asks for a path');
    inner.context.log.failed(req.method ?? '', inner.target, error);
    return refuse(req, res, error);
  }

  async #connect(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const policy = this.#policy;
    const target = parseAuthority(req.url ?? '');
    try {
      this.#meter.request();
      if (this.#tooMany.has(socket)) throw this.#tooMany.get(socket);
      if (!target) throw refused(400, 'CONNECT asks for host:port');
      const [rule] = rulesFor(policy.rules, target);
      if (!rule) throw refused(403, `no rule allows ${target.host}:${target.port}`);
      const addresses = await judgedAddresses(target.host, this.input.upstream);
      if (rule.tunnel) await this.#tunnel(policy, { target, isTls: false, addresses }, socket, head);
      else await this.#inspect(policy, { target, isTls: true, addresses }, socket, head);
    } catch (error) {
      refuseRaw(socket, error);
      policy.log.failed('CONNECT', target, error);
    }
  }

  async #tunnel({ log }: Policy, destination: Destination, socket: Duplex, head: Buffer): Promise<void> {
    const upstream = await connectUpstream(destination, this.input.upstream);
    acceptConnect(socket, head);
    await passThrough(socket, upstream, { target: destination.target, meter: this.#meter, limits: this.input.limits, log });
  }

  /** Answers as the host, so that every request can be judged; the connection to the host itself is made by the first one. */
  async #inspect(policy: Policy, judged: Destination, socket: Duplex, head: Buffer): Promise<void> {
    acceptConnect(socket, head);
    const isTls = await beginsWithTls(socket);
    if (isTls === undefined) return;
    const destination = { ...judged, isTls };
    const secure = isTls ? await endTls(socket, judged.target.host, this.authority) : socket;
    const agent = new PinnedAgent(destination, this.input.upstream, { keepAlive: true, maxSockets: 1 });
    secure.once('close', () => agent.destroy());
    this.#inners.set(secure, { target: judged.target, isTls, context: this.#contextOf(policy, destination, async () => agent) });
    this.#inner.emit('connection', secure);
  }

  async #agentFor({ target, isTls }: Omit<Destination, 'addresses'>, keepAlive: boolean): Promise<Agent> {
    const addresses = await judgedAddresses(target.host, this.input.upstream);
    return new PinnedAgent({ target, isTls, addresses }, this.input.upstream, { keepAlive });
  }

  #contextOf({ rules, log }: Policy, { target }: { readonly target: Target }, agent: () => Promise<Agent>): ExchangeContext {
    const { credentials, limits } = this.input;
    return { rules: rulesFor(rules, target), credentials, limits, meter: this.#meter, log, agent };
  }
}
