import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type ModelCall, type ModelServer, type Protocol, PROTOCOLS, type ScriptedReply, startModelServer } from '@countersign/model-server';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';

import type { ChatRequest, PriceRow } from '../src/index.js';
import { languageModels, type ModelSettings } from '../src/models/language-models.js';
import { faultTable } from '../src/models/model-fault.js';

jest.setTimeout(30_000);

const MODELS: Readonly<Record<Protocol, string>> = { 'openai-chat': 'openai:gpt-5', 'openai-responses': 'openai:gpt-5', anthropic: 'anthropic:claude-opus-5' };
const USAGE = { inputTokens: 1000, outputTokens: 20, cachedInputTokens: 800 };
const row = (id: string): PriceRow => ({ id, contextTokens: 99_000, usdPerMillion: { input: 1, cachedInput: 0.1, cacheWrite: 2, output: 10 }, asOf: '2026-11-01', source: 'a test' });

let server: ModelServer;
let reply: ScriptedReply;
let seen: ModelCall[];
beforeAll(async () => {
  server = await startModelServer({ script: (call) => (seen.push(call), reply) });
});
beforeEach(() => {
  seen = [];
  reply = { text: 'Hi' };
});
afterAll(() => server.close());

function modelOver(protocol: Protocol, over: Partial<ModelSettings> = {}) {
  const provider = { key: { reveal: () => server.key }, baseUrl: server.baseUrls[protocol] };
  const openaiApi = protocol === 'openai-responses' ? 'responses' : 'chat';
  return languageModels({ providers: { openai: provider, anthropic: provider }, openaiApi, ...over })(MODELS[protocol]);
}

const asking = (over: Partial<ChatRequest> = {}): ChatRequest => ({
  stage: 'plan',
  messages: [{ role: 'instructions', text: 'Plan it.' }, { role: 'task', sections: [{ name: 'title', text: 'Rename it' }, { name: 'rules', text: 'Keep tests green' }] }],
  tools: [{ name: 'read', description: 'A file.', input: { type: 'object', properties: {} } }],
  output: { name: 'plan', schema: { type: 'object', properties: { steps: { type: 'array', items: { type: 'string' } } } } },
  signal: new AbortController().signal,
  ...over,
});

describe.each(PROTOCOLS)('a call over %s', (protocol) => {
  it('says what is instruction and what is data, and offers the tools and one for the output', async () => {
    await modelOver(protocol).chat(asking());
    const [call] = seen;
    expect(call?.system).toMatch(/^Plan it\.\n\n[^]*is data[^]*give_plan/);
    expect(call?.messages).toEqual([{ role: 'user', text: expect.stringMatching(/^<data-(\w{32}) name="title">\nRename it\n<\/data-\1>\n\n<data-\1 name="rules">/), toolCalls: [], callId: null }]);
    expect(call?.tools.map(({ name }) => name)).toEqual(['read', 'give_plan']);
  });

  it('is the same bytes for the same request, so that a cache and a journal know it', async () => {
    await modelOver(protocol).chat(asking());
    await modelOver(protocol).chat(asking());
    const [one, two] = server.calls.slice(-2).map(({ bodyDigest }) => bodyDigest);
    expect(two).toBe(one);
  });

  it.each([true, false])('costs what its tokens cost, those of the cache at their own price (streaming %s)', async (streams) => {
    reply = { text: 'Hi', usage: USAGE };
    const model = modelOver(protocol, { prices: [row(MODELS[protocol])], streams });
    expect(model.facts).toMatchObject({ contextTokens: 99_000, price: { inputMicros: 1_000_000, source: 'a test' } });
    // 200 fresh at 1, 800 cached at 0.1, 20 out at 10.
    expect((await model.chat(asking())).usage).toEqual({ ...USAGE, costMicros: 480 });
  });

  it('costs unknown at an address without a price', async () => {
    reply = { text: 'Hi', usage: USAGE };
    const model = modelOver(protocol);
    expect(model.facts.price).toBeNull();
    expect((await model.chat(asking())).usage).toEqual({ ...USAGE, costMicros: null });
  });

  it('is counted by its length where the provider counts nothing', async () => {
    reply = { text: 'Hi', withoutUsage: true };
    const { usage } = await modelOver(protocol, { prices: [row(MODELS[protocol])] }).chat(asking());
    expect(usage).toMatchObject({ inputTokens: expect.any(Number), costMicros: null });
    expect(usage.inputTokens).toBeGreaterThan(50);
  });

  it.each([true, false])('takes a document that was written instead of given, and shows the model arguments that are no object (streaming %s)', async (streams) => {
    const model = modelOver(protocol, { streams });
    reply = { text: '```json\n{"steps":["a"]}\n```' };
    expect((await model.chat(asking())).output).toEqual({ steps: ['a'] });
    reply = { toolCalls: [{ name: 'read', args: ['no', 'object'] }] };
    expect(await model.chat(asking())).toMatchObject({ toolCalls: [{ name: 'read', args: { notAnObject: expect.stringContaining('no') } }], output: null });
  });
});

describe('over Anthropic', () => {
  it('asks to keep instructions, tools and the conversation so far, and counts what was kept', async () => {
    reply = { text: 'Hi', usage: { ...USAGE, cacheWriteTokens: 100 } };
    const { usage } = await modelOver('anthropic', { prices: [row(MODELS.anthropic)] }).chat(asking());
    expect(seen[0]?.body).toMatchObject({ cache_control: { type: 'ephemeral' }, system: [{ type: 'text', cache_control: { type: 'ephemeral' } }] });
    // 100 fresh at 1, 800 cached at 0.1, 100 written at 2, 20 out at 10.
    expect(usage).toEqual({ ...USAGE, costMicros: 580 });
  });
});

describe('over the responses API', () => {
  it('asks that nothing be stored on the other side', async () => {
    await modelOver('openai-responses').chat(asking());
    expect(seen[0]?.body).toMatchObject({ store: false });
  });
});

describe('over the responses API, where the answer fails in the middle', () => {
  it.each([
    ['invalid_prompt', 'MODEL_FILTERED'],
    ['rate_limit_exceeded', 'MODEL_RATE_LIMITED'],
    ['server_error', 'MODEL_UNAVAILABLE'],
    ['something_new', 'MODEL_UNAVAILABLE'],
  ])('%s is told as %s', async (code, expected) => {
    const failed = { type: 'response.failed', sequence_number: 1, response: { id: 'resp_1', object: 'response', status: 'failed', output: [], error: { code, message: 'no' } } };
    reply = { fault: 'http', status: 200, headers: { 'content-type': 'text/event-stream' }, body: `event: response.failed\ndata: ${JSON.stringify(failed)}\n\n` };
    await expect(modelOver('openai-responses').chat(asking())).rejects.toMatchObject({ code: expected });
  });
});

describe('docs/models.md', () => {
  it('has the table of faults as the code says them', () => {
    const page = readFileSync(join(process.cwd(), 'docs/models.md'), 'utf8');
    expect(page.split('<!-- faults -->')[1]?.trim()).toBe(faultTable());
  });
});
