import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { CallLog } from './call-log.js';
import { anthropic } from './protocols/anthropic.protocol.js';
import { openaiChat } from './protocols/openai-chat.protocol.js';
import { openaiResponses } from './protocols/openai-responses.protocol.js';
import type { Json, WireProtocol } from './protocols/protocol.js';
import { sendAnswer, sendFault, sendStatusFault } from './reply.js';
import type { LoggedCall, ModelScript, Protocol } from './script.js';

/** By the end of the path, whatever a base URL has before it. */
const PATHS: readonly (readonly [string, WireProtocol])[] = [
  ['/chat/completions', openaiChat],
  ['/responses', openaiResponses],
  ['/messages', anthropic],
];

export const MODEL_SERVER_KEY = 'model-server-key';

export type ModelServerOptions = {
  readonly script: ModelScript;
  /** 0 (the default) takes a free one. Always on 127.0.0.1. */
  readonly port?: number;
  /** What callers must give as their key; anything else is answered as the provider would. */
  readonly key?: string;
  /** JSON lines, one for each call, written as it arrives. */
  readonly logFile?: string;
};

export type ModelServer = {
  readonly url: string;
  /** What to set as the provider's base URL: each client adds its own path to it. */
  readonly baseUrls: Readonly<Record<Protocol, string>>;
  readonly key: string;
  /** Every call so far, those without a good key excepted. */
  readonly calls: readonly LoggedCall[];
  /** From now on. */
  use(script: ModelScript): void;
  /** Breaks off whatever is still being answered. */
  close(): Promise<void>;
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function parsed(text: string): Json | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Json) : undefined;
  } catch {
    return undefined;
  }
}

class Answering {
  readonly log: CallLog;

  constructor(
    private script: ModelScript,
    private readonly key: string,
    logFile: string | undefined,
  ) {
    this.log = new CallLog(logFile);
  }

  use(script: ModelScript): void {
    this.script = script;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const wire = PATHS.find(([end]) => path.endsWith(end))?.[1];
    if (!wire || request.method !== 'POST') return void response.writeHead(404).end();
    const text = await bodyOf(request);
    if (wire.keyOf(request.headers) !== this.key) return sendStatusFault({ wire, response }, 'invalid-key', '');
    const body = parsed(text);
    if (!body) return sendStatusFault({ wire, response }, 'bad-call', '');

    const read = wire.read(body);
    const requestId = `req_${this.log.calls.length + 1}`;
    const { callNumber } = this.log.add({ protocol: wire.protocol, path, model: read.model, stream: read.stream, requestId }, text, request.headers);
    // One provider says it with an x, the other without.
    response.setHeader('request-id', requestId);
    response.setHeader('x-request-id', requestId);
    const call = { protocol: wire.protocol, callNumber, body, ...read };
    const reply = await this.script(call);
    const to = { wire, call, body, response };
    return 'fault' in reply ? sendFault(to, reply) : sendAnswer(to, reply);
  }
}

/** Speaks the wire protocols of the providers on the loopback; what it says is the script's. */
export async function startModelServer({ script, port = 0, key = MODEL_SERVER_KEY, logFile }: ModelServerOptions): Promise<ModelServer> {
  const answering = new Answering(script, key, logFile);
  const server = createServer((request, response) => {
    // A script that throws is a broken test: said where it is seen, as an answer.
    answering.answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: `The script failed: ${String(error)}`, type: 'script_error' } }));
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    baseUrls: { 'openai-chat': `${url}/v1`, 'openai-responses': `${url}/v1`, anthropic: url },
    key,
    calls: answering.log.calls,
    use: (next) => answering.use(next),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
