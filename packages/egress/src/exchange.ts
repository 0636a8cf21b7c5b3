import type { Agent, IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

import { AppError, type EgressRule } from '@countersign/domain';
import { createProxyServer } from 'http-proxy-3';

import type { Credential } from './credentials.js';
import { isRefusal, reasonOf, refused, statusOf, unreachable } from './egress-error.js';
import type { EgressLog } from './egress-log.js';
import { matchesHost, ruleForMethod } from './egress-rules.js';
import { endToEnd } from './message-headers.js';
import { authorityText, isSameTarget, parseAuthority, type Target } from './proxy-target.js';
import { refuse } from './refusal-answer.js';
import { type EgressLimits, tooLarge, type TrafficMeter } from './traffic-meter.js';

/** Where a request goes, found from the proxy's request line or the tunnel it came through: never from its headers. */
export type Route = { readonly target: Target; readonly isTls: boolean; readonly path: string };

export type ExchangeContext = {
  /** Those for the route's host and port. */
  readonly rules: readonly EgressRule[];
  readonly credentials: ReadonlyMap<string, Credential>;
  readonly limits: EgressLimits;
  readonly meter: TrafficMeter;
  readonly log: EgressLog;
  /** Judges the addresses at the latest; the same agent for every request of a tunnel. @throws AppError. */
  readonly agent: () => Promise<Agent>;
};

type Admission = { readonly credential: { readonly name: string; readonly header: string; readonly value: string } | undefined };
type Traffic = { sent: { bytes: number }; received: { bytes: number }; credential: string | null };

const HTTPS_PORT = 443;
const HTTP_PORT = 80;
/** Safe to send again where a kept connection turned out to be closed. */
const REPEATABLE = ['GET', 'HEAD', 'OPTIONS'];
/** The agent alone knows where to connect. Whatever went past it would have a name that never resolves and a port `fetch` refuses. */
const NOWHERE = { host: 'upstream.invalid', port: 1 };

const gone = (): AppError => unreachable(502, 'the client went away');

/** One request and its answer, judged, sent on and logged. Never throws. */
export async function exchange(req: IncomingMessage, res: ServerResponse, route: Route, context: ExchangeContext): Promise<void> {
  const started = Date.now();
  const traffic: Traffic = { sent: { bytes: 0 }, received: { bytes: 0 }, credential: null };
  let failure: unknown;
  try {
    context.meter.request();
    const { credential } = admitted(req, route, context);
    traffic.credential = credential?.name ?? null;
    const agent = await context.agent();
    await within(context.limits.requestTimeoutMs, (signal) => forward(req, res, { route, context, credential, agent, traffic, signal }));
  } catch (error) {
    failure = error;
    refuse(req, res, error);
  }
  context.log.add({
    time: new Date(started).toISOString(),
    method: req.method ?? '',
    ...route.target,
    path: route.path,
    status: failure === undefined || res.headersSent ? res.statusCode : statusOf(failure),
    sentBytes: traffic.sent.bytes,
    receivedBytes: traffic.received.bytes,
    durationMs: Date.now() - started,
    allowed: !isRefusal(failure),
    reason: failure === undefined ? null : reasonOf(failure),
    credential: traffic.credential,
    tunnel: false,
  });
}

/** @throws AppError EGRESS_REFUSED naming the rule that is missing. */
function admitted(req: IncomingMessage, { target, isTls }: Route, { rules, credentials, limits }: ExchangeContext): Admission {
  const method = req.method ?? '';
  const place = `${target.host}:${target.port}`;
  if (rules.length === 0) throw refused(403, `no rule allows ${place}`);
  const [hostHeader, ...more] = req.headersDistinct['host'] ?? [];
  const named = parseAuthority(hostHeader ?? '', isTls ? HTTPS_PORT : HTTP_PORT);
  if (more.length > 0 || !named || !isSameTarget(named, target)) throw refused(421, `the Host header does not name ${place}`);
  const rule = ruleForMethod(rules, method);
  if (!rule) throw refused(403, `no rule allows ${method} for ${place}`);
  // h2c is an offer that may be left alone; everything else changes the protocol to one that is not judged.
  const upgrade = req.headers.upgrade;
  if (upgrade !== undefined && upgrade.toLowerCase() !== 'h2c') throw refused(403, 'changing the protocol (WebSocket, for instance) is not allowed');
  if (Number(req.headers['content-length'] ?? 0) > limits.requestBytes) throw tooLarge('the request', limits.requestBytes);
  if (rule.credential === null) return { credential: undefined };
  const credential = credentials.get(rule.credential);
  if (!credential?.hosts.some((host) => matchesHost(host, target.host))) throw refused(403, `the credential ${rule.credential} is not for ${target.host}`);
  if (!isTls) throw refused(403, `the credential ${rule.credential} travels over TLS only`);
  return { credential: { name: rule.credential, header: credential.header, value: credential.value } };
}

type Forwarding = {
  readonly route: Route;
  readonly context: ExchangeContext;
  readonly credential: Admission['credential'];
  readonly agent: Agent;
  readonly traffic: Traffic;
  readonly signal: AbortSignal;
};

async function forward(req: IncomingMessage, res: ServerResponse, forwarding: Forwarding): Promise<void> {
  const { context, traffic, signal } = forwarding;
  const { limits, meter } = context;
  // While the name was looked up: nobody would tell the proxy.
  if (res.destroyed) throw gone();
  const incoming = await answerTo(req, res, forwarding);
  const length = Number(incoming.headers['content-length'] ?? 0);
  if (req.method !== 'HEAD' && length > limits.responseBytes) {
    incoming.destroy();
    throw tooLarge('the answer', limits.responseBytes);
  }
  const received = meter.counted('the answer', limits.responseBytes);
  traffic.received = received;
  res.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, endToEnd(incoming.rawHeaders));
  await pipeline(incoming, received, res, { signal });
}

/** Has the request sent, its body as it comes, and waits for the head of the answer. Why the proxy does not pass that on: ADR 13. */
function answerTo(req: IncomingMessage, res: ServerResponse, forwarding: Forwarding, isSecondTry = false): Promise<IncomingMessage> {
  const { route, agent, credential, context, traffic, signal } = forwarding;
  const said = req.headersDistinct;
  const hasBody = said['transfer-encoding'] !== undefined || Number(said['content-length']?.[0] ?? 0) > 0;
  const body = context.meter.counted('the request', context.limits.requestBytes);
  const proxy = createProxyServer({ agent, buffer: body, ignorePath: true, selfHandleResponse: true, target: NOWHERE, toProxy: true });
  let mayRepeat = false;
  traffic.sent = body;
  return new Promise((resolve, reject) => {
    // After the proxy's own changes: it says that a DELETE has no body, and sends the body all the same.
    proxy.once('start', () => (req.headers = outgoingHeaders(req, route, credential)));
    // The connection is there, and nothing is written before the body flows or ends.
    proxy.once('proxyReq', (outgoing) => {
      mayRepeat = outgoing.reusedSocket && !isSecondTry && !hasBody && REPEATABLE.includes(req.method ?? '');
      // As it was written: the proxy would resolve dots and drop what is empty.
      outgoing.path = route.path;
      // No 101: an answer that changes the protocol is not passed on.
      outgoing.once('upgrade', (_answer, socket) => {
        socket.destroy();
        reject(refused(502, 'the other side changed the protocol'));
      });
      body.once('error', (error) => outgoing.destroy(error));
      signal.addEventListener('abort', () => outgoing.destroy(), { once: true });
      if (signal.aborted) return void outgoing.destroy();
      if (hasBody && said['expect']) res.writeContinue();
      if (hasBody) req.pipe(body);
      else body.end();
    });
    proxy.once('proxyRes', resolve);
    proxy.once('econnreset', () => reject(gone()));
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    proxy.web(req, res, {}, (error) => {
      req.unpipe(body);
      if (mayRepeat && !signal.aborted) resolve(answerTo(req, res, forwarding, true));
      else reject(error instanceof AppError ? error : unreachable(502, `${route.target.host}:${route.target.port} broke the connection`, error));
    });
  });
}

/** Framing and `Host` are ours, so that both sides mean the same request. */
function outgoingHeaders(req: IncomingMessage, { target, isTls }: Route, credential: Admission['credential']): IncomingHttpHeaders {
  const { 'content-length': length, 'transfer-encoding': encoding } = req.headersDistinct;
  return {
    Host: authorityText(target, isTls ? HTTPS_PORT : HTTP_PORT),
    ...endToEnd(req.rawHeaders, ['host', 'expect', 'content-length', ...(credential ? [credential.header] : [])]),
    ...(encoding ? { 'Transfer-Encoding': 'chunked' } : length && { 'Content-Length': length }),
    ...(credential && { [credential.header]: credential.value }),
  };
}

async function within(timeoutMs: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const late = unreachable(504, `the request took longer than ${timeoutMs} ms`);
  const timer = setTimeout(() => controller.abort(late), timeoutMs);
  try {
    await work(controller.signal);
  } catch (error) {
    // A pipeline reports its own error for an abort.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}
