import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { AppError } from '@countersign/domain';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { languageModels } from '../src/models/language-models.js';
import type { RemoteProvider } from '../src/models/chat-model.registry.js';

// The first call of each provider loads its packages.
jest.setTimeout(30_000);

/** The bodies of each protocol by hand: text, one tool call, usage. What the model server does not speak. */
type Spoken = { readonly id: string; readonly path: RegExp; readonly type: string; readonly body: string; readonly cached: number };

const lines = (...events: readonly unknown[]): string => events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
const chunk = (choice: object, more: object = {}) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }], ...more });
const ollama = (message: object, more: object) => `${JSON.stringify({ model: 'm', created_at: '2026-11-21T00:00:00Z', message: { role: 'assistant', ...message }, ...more })}\n`;

const PROVIDERS: Readonly<Record<string, Spoken>> = {
  google: {
    id: 'google:gemini-2.5-flash',
    path: /\/v1beta\/models\/gemini-2\.5-flash:generateContent$/,
    type: 'application/json',
    body: JSON.stringify({
      candidates: [{ index: 0, finishReason: 'STOP', content: { role: 'model', parts: [{ text: 'Looking.' }, { functionCall: { name: 'read', args: { path: 'a.ts' } } }] } }],
      usageMetadata: { promptTokenCount: 1000, candidatesTokenCount: 20, totalTokenCount: 1020, cachedContentTokenCount: 800 },
    }),
    cached: 800,
  },
  mistral: {
    id: 'mistral:devstral-latest',
    path: /\/v1\/chat\/completions$/,
    type: 'text/event-stream',
    body: lines(
      chunk({ delta: { role: 'assistant', content: 'Looking.' }, finish_reason: null }),
      chunk(
        { delta: { content: '', tool_calls: [{ id: 'abc123def', index: 0, function: { name: 'read', arguments: '{"path":"a.ts"}' } }] }, finish_reason: 'tool_calls' },
        { usage: { prompt_tokens: 1000, completion_tokens: 20, total_tokens: 1020 } },
      ),
      '[DONE]',
    ),
    cached: 0,
  },
  ollama: {
    id: 'ollama:qwen3:8b',
    path: /\/api\/chat$/,
    type: 'application/x-ndjson',
    body:
      ollama({ content: 'Looking.' }, { done: false }) +
      ollama({ content: '', tool_calls: [{ function: { name: 'read', arguments: { path: 'a.ts' } } }] }, { done: false }) +
      ollama({ content: '' }, { done: true, done_reason: 'stop', prompt_eval_count: 1000, eval_count: 20 }),
    cached: 0,
  },
};

let server: Server;
let url: string;
let answer: (response: ServerResponse) => void;
let asked: { readonly path: string; readonly body: string }[];

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      asked.push({ path: (request.url ?? '').split('?')[0] ?? '', body: Buffer.concat(parts).toString('utf8') });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())));

const READ = { name: 'read', description: 'A file.', input: { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', properties: { path: { type: 'string' } }, required: ['path'], additionalProperties: false } };

function chat(provider: string, id: string) {
  asked = [];
  const settings = { key: { reveal: () => 'a-key-of-the-test' }, baseUrl: url };
  const model = languageModels({ providers: { [provider as RemoteProvider]: settings } })(id);
  return model.chat({
    stage: 'execute',
    messages: [
      { role: 'instructions', text: 'Do it.' },
      { role: 'task', sections: [{ name: 'title', text: 'Rename it' }] },
      { role: 'assistant', text: '', toolCalls: [{ id: 'call000001', name: 'read', args: { path: 'b.ts' } }] },
      { role: 'tools', results: [{ callId: 'call000001', name: 'read', answer: { ok: true, value: 'text of b' } }] },
    ],
    tools: [READ],
    signal: new AbortController().signal,
  });
}

describe.each(Object.entries(PROVIDERS))('%s', (provider, { id, path, type, body, cached }) => {
  it('is called where it listens, with tools and what they answered, and its answer is read', async () => {
    answer = (response) => void response.writeHead(200, { 'content-type': type }).end(body);
    const { text, toolCalls, usage } = await chat(provider, id);
    expect({ text, calls: toolCalls.map(({ name, args }) => ({ name, args })) }).toEqual({ text: 'Looking.', calls: [{ name: 'read', args: { path: 'a.ts' } }] });
    expect(toolCalls[0]?.id).toMatch(/./);
    expect(usage).toMatchObject({ inputTokens: 1000, outputTokens: 20, cachedInputTokens: cached });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.path).toMatch(path);
    for (const part of ['Do it.', 'Rename it', 'text of b', 'A file.']) expect(asked[0]?.body).toContain(part);
  });

  it.each([
    [429, 'MODEL_RATE_LIMITED'],
    [500, 'MODEL_UNAVAILABLE'],
    [401, 'MODEL_KEY_INVALID'],
    [404, 'MODEL_UNKNOWN'],
    [400, 'MODEL_CALL_REFUSED'],
  ])('that answers %i is told as %s, after one call', async (status, code) => {
    answer = (response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: 'no', code: status }, message: 'no' }));
    const error = await chat(provider, id).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code });
    expect(asked).toHaveLength(1);
  });

  it('that cuts the connection is told as unavailable', async () => {
    answer = (response) => void response.socket?.destroy();
    await expect(chat(provider, id)).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' });
    expect(asked).toHaveLength(1);
  });
});
