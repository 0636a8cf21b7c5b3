import type { ServerResponse } from 'node:http';

import { type Ending, filledAnswer, type Json, type StatusFault, type StreamEvent, type WireProtocol } from './protocols/protocol.js';
import type { FaultName, ModelCall, ScriptedAnswer, ScriptedFault } from './script.js';

export type Reply = {
  readonly wire: WireProtocol;
  readonly call: ModelCall;
  readonly body: Json;
  readonly response: ServerResponse;
};

const ENDINGS: Readonly<Partial<Record<FaultName, Ending>>> = { refusal: 'refusal', 'content-filter': 'content-filter', 'output-cut': 'output-cut' };
const STREAM_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
/** Enough that whatever breaks off afterwards had begun, and a tool call or a sentence is not whole. */
const BROKEN_ANSWER: ScriptedAnswer = { text: 'The first words of an answer that breaks off before it is whole' };
const GATEWAY_PAGE = '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>';

const frame = ({ event, data }: StreamEvent): string => `${event === null ? '' : `event: ${event}\n`}data: ${data}\n\n`;

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function sendStatusFault({ wire, response }: Pick<Reply, 'wire' | 'response'>, fault: StatusFault, model: string, headers: Readonly<Record<string, string>> = {}): void {
  const reply = wire.error(fault, model);
  sendJson(response, reply.status, reply.body, { ...reply.headers, ...headers });
}

export async function sendAnswer(reply: Reply, answer: ScriptedAnswer, ending: Ending = 'done'): Promise<void> {
  const { wire, call, body, response } = reply;
  if (answer.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, answer.delayMs));
  const full = filledAnswer(answer, call, ending);
  if (!call.stream) return sendJson(response, 200, wire.whole(full));
  response.writeHead(200, STREAM_HEADERS);
  for (const event of wire.events(full, body)) {
    response.write(frame(event));
    // Each event in a packet of its own, as it would come from a model that is still writing.
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end(wire.terminator);
}

/** Sends the first half of an answer, then does what breaks it. */
function sendBroken({ wire, call, body, response }: Reply, how: (response: ServerResponse) => void): void {
  const full = filledAnswer(BROKEN_ANSWER, call, 'done');
  if (call.stream) {
    const events = wire.events(full, body);
    response.writeHead(200, STREAM_HEADERS);
    response.write(events.slice(0, Math.ceil(events.length / 2)).map(frame).join(''));
  } else {
    const text = JSON.stringify(wire.whole(full));
    // A length that it does not keep: the reader knows that something is missing.
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) });
    response.write(text.slice(0, text.length / 2));
  }
  // Only once those bytes are out.
  setTimeout(() => how(response), 20);
}

/** A body that is complete and yet no JSON. */
function sendMalformed({ call, response }: Reply): void {
  response.writeHead(200, call.stream ? STREAM_HEADERS : { 'content-type': 'application/json' });
  response.end(call.stream ? 'event: message_start\ndata: {"type":"message_start","mess\n\n' : '{"id":"answer","choices":[{"index":0,"mess');
}

function limitHeaders(fault: ScriptedFault): Readonly<Record<string, string>> {
  if (!('retryAfterSeconds' in fault || 'retryAfterMs' in fault)) return {};
  return {
    ...(fault.retryAfterSeconds !== undefined && { 'retry-after': String(fault.retryAfterSeconds) }),
    ...(fault.retryAfterMs !== undefined && { 'retry-after-ms': String(fault.retryAfterMs) }),
  };
}

const BREAKS: Readonly<Partial<Record<FaultName, (reply: Reply) => void | Promise<void>>>> = {
  'cut-before-answer': ({ response }) => void response.socket?.destroy(),
  'cut-inside-answer': (reply) => sendBroken(reply, (response) => response.socket?.destroy()),
  // Without a stream there is no orderly early end: the length would not fit.
  'ends-early': (reply) => sendBroken(reply, (response) => (reply.call.stream ? response.end() : response.socket?.destroy())),
  'error-inside-stream': (reply) =>
    reply.call.stream ? sendBroken(reply, (response) => response.end(frame(reply.wire.errorEvent()))) : sendStatusFault(reply, 'server-error', reply.call.model),
  'malformed-json': sendMalformed,
  'gateway-page': ({ response }) => void response.writeHead(502, { 'content-type': 'text/html' }).end(GATEWAY_PAGE),
  redirect: ({ response }) => void response.writeHead(307, { location: 'https://elsewhere.invalid/v1' }).end(),
  // The caller gives up, or the server is closed.
  hang: () => undefined,
  'hang-inside-answer': (reply) => sendBroken(reply, () => undefined),
};

export async function sendFault(reply: Reply, fault: ScriptedFault): Promise<void> {
  if (fault.fault === 'http') {
    reply.response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(fault.body);
    return;
  }
  const ending = ENDINGS[fault.fault];
  if (ending) return sendAnswer(reply, { text: ending === 'refusal' ? '' : BROKEN_ANSWER.text ?? '' }, ending);
  const breaks = BREAKS[fault.fault];
  if (breaks) return breaks(reply);
  sendStatusFault(reply, fault.fault as StatusFault, reply.call.model, limitHeaders(fault));
}
