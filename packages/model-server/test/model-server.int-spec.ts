import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Anthropic from '@anthropic-ai/sdk';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';

import { MODEL_SERVER_KEY, type ModelCall, type ModelServer, type ScriptedReply, startModelServer } from '../src/index.js';

const ANSWER: ScriptedReply = {
  text: 'Two files, and a word that is longer than one piece.',
  toolCalls: [
    { name: 'read', args: { path: 'src/a.ts' } },
    { name: 'read', args: { path: 'src/ünïcode — b.ts', fromLine: 3 } },
  ],
  usage: { inputTokens: 1000, outputTokens: 20, cachedInputTokens: 800, cacheWriteTokens: 100 },
};
const TOOL = { name: 'read', description: 'A file.', parameters: { type: 'object' as const, properties: { path: { type: 'string' } } } };
const DOCUMENT = { files: ['a.ts'] };

let server: ModelServer;
let seen: ModelCall[];
let dir: string;

async function serve(reply: ScriptedReply): Promise<void> {
  server = await startModelServer({ logFile: join(dir, 'calls.jsonl'), script: (call) => (seen.push(call), reply) });
}

const openai = (apiKey = MODEL_SERVER_KEY) => new OpenAI({ apiKey, baseURL: server.baseUrls['openai-chat'], maxRetries: 0, logLevel: 'off' });
const anthropic = (apiKey = MODEL_SERVER_KEY) => new Anthropic({ apiKey, baseURL: server.baseUrls.anthropic, maxRetries: 0, logLevel: 'off' });

beforeEach(() => {
  seen = [];
  dir = mkdtempSync(join(tmpdir(), 'model-server-'));
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('OpenAI chat completions, read by its own client', () => {
  const call = { model: 'gpt-5', messages: [{ role: 'system' as const, content: 'Be brief.' }, { role: 'user' as const, content: 'Read.' }], tools: [{ type: 'function' as const, function: TOOL }] };

  it('answers text, parallel tool calls and usage', async () => {
    await serve(ANSWER);
    const { choices, usage } = await openai().chat.completions.create(call);
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: ANSWER.text, tool_calls: [{ function: { name: 'read', arguments: '{"path":"src/a.ts"}' } }, {}] } });
    expect(usage).toMatchObject({ prompt_tokens: 1000, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 800 } });
    expect(seen[0]).toMatchObject({ system: 'Be brief.', messages: [{ role: 'user', text: 'Read.' }], tools: [{ name: 'read' }], callNumber: 1, stream: false });
  });

  it('streams the same answer', async () => {
    await serve(ANSWER);
    const stream = openai().chat.completions.stream({ ...call, stream_options: { include_usage: true } });
    const { choices, usage } = await stream.finalChatCompletion();
    expect(choices[0]?.message.content).toBe(ANSWER.text);
    expect(choices[0]?.message.tool_calls?.map((made) => made.type === 'function' && JSON.parse(made.function.arguments))).toEqual(ANSWER.toolCalls?.map(({ args }) => args));
    expect(usage?.prompt_tokens_details?.cached_tokens).toBe(800);
  });

  it('gives a document in the format that was asked for', async () => {
    await serve({ json: DOCUMENT });
    const { choices } = await openai().chat.completions.parse({ ...call, tools: [], response_format: { type: 'json_schema', json_schema: { name: 'plan', strict: true, schema: { type: 'object' } } } });
    expect(choices[0]?.message.parsed).toEqual(DOCUMENT);
    expect(seen[0]?.wantsSchema).toMatchObject({ name: 'plan', by: 'format' });
  });
});

describe('OpenAI responses, read by its own client', () => {
  const call = { model: 'gpt-5', instructions: 'Be brief.', input: 'Read.', tools: [{ type: 'function' as const, strict: null, ...TOOL }] };

  it('answers text, parallel tool calls and usage', async () => {
    await serve(ANSWER);
    const { output, output_text, usage } = await openai().responses.create(call);
    expect(output_text).toBe(ANSWER.text);
    expect(output.filter(({ type }) => type === 'function_call')).toHaveLength(2);
    expect(usage).toMatchObject({ input_tokens: 1000, input_tokens_details: { cached_tokens: 800 } });
    expect(seen[0]).toMatchObject({ protocol: 'openai-responses', system: 'Be brief.', messages: [{ role: 'user', text: 'Read.' }], tools: [{ name: 'read' }] });
  });

  it('streams the same answer', async () => {
    await serve(ANSWER);
    const response = await openai().responses.stream(call).finalResponse();
    expect(response.output[0]).toMatchObject({ type: 'message', content: [{ text: ANSWER.text }] });
    expect(response.output.flatMap((item) => (item.type === 'function_call' ? [JSON.parse(item.arguments)] : []))).toEqual(ANSWER.toolCalls?.map(({ args }) => args));
  });

  it('gives a document in the format that was asked for', async () => {
    await serve({ json: DOCUMENT });
    const { output_parsed } = await openai().responses.parse({ ...call, text: { format: { type: 'json_schema', name: 'plan', schema: { type: 'object' } } } });
    expect(output_parsed).toEqual(DOCUMENT);
  });
});

describe('Anthropic messages, read by its own client', () => {
  const call = { model: 'claude-opus-5', max_tokens: 1000, system: 'Be brief.', messages: [{ role: 'user' as const, content: 'Read.' }], tools: [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.parameters }] };

  it('answers text, parallel tool calls and usage, with the cache counted apart', async () => {
    await serve(ANSWER);
    const { content, stop_reason, usage } = await anthropic().messages.create(call);
    expect(stop_reason).toBe('tool_use');
    expect(content).toMatchObject([{ type: 'text', text: ANSWER.text }, { type: 'tool_use', input: { path: 'src/a.ts' } }, { type: 'tool_use' }]);
    expect(usage).toMatchObject({ input_tokens: 100, cache_read_input_tokens: 800, cache_creation_input_tokens: 100, output_tokens: 20 });
    expect(seen[0]).toMatchObject({ protocol: 'anthropic', system: 'Be brief.', messages: [{ role: 'user', text: 'Read.' }], tools: [{ name: 'read' }] });
  });

  it('streams the same answer', async () => {
    await serve(ANSWER);
    const message = await anthropic().messages.stream(call).finalMessage();
    expect(message.content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : []))).toEqual(ANSWER.toolCalls?.map(({ args }) => args));
    expect(message.usage.output_tokens).toBe(20);
  });

  it('gives a document through the tool that is forced, and reads what tools answered', async () => {
    await serve({ json: DOCUMENT });
    const { content } = await anthropic().messages.create({
      ...call,
      messages: [
        ...call.messages,
        { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'read', input: { path: 'a' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'text of a' }] },
      ],
      tools: [...call.tools, { name: 'plan', input_schema: { type: 'object' } }],
      tool_choice: { type: 'tool', name: 'plan' },
    });
    expect(content).toMatchObject([{ type: 'tool_use', name: 'plan', input: DOCUMENT }]);
    expect(seen[0]?.messages.slice(1)).toMatchObject([{ role: 'assistant', toolCalls: [{ id: 'call_1' }] }, { role: 'tool', callId: 'call_1', text: 'text of a' }]);
  });
});

describe('the model server', () => {
  it('knows its key and never logs it', async () => {
    await serve({ text: 'hello' });
    const messages = [{ role: 'user' as const, content: 'hi' }];
    await expect(openai('wrong').chat.completions.create({ model: 'm', messages })).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
    await expect(anthropic('wrong').messages.create({ model: 'm', max_tokens: 9, messages })).rejects.toMatchObject({ status: 401, type: 'authentication_error' });
    expect(server.calls).toEqual([]);

    await openai().chat.completions.create({ model: 'm', messages });
    await anthropic().messages.create({ model: 'm', max_tokens: 9, messages });
    const lines = readFileSync(join(dir, 'calls.jsonl'), 'utf8');
    expect(lines).not.toContain(MODEL_SERVER_KEY);
    expect(lines.trim().split('\n').map((line) => JSON.parse(line))).toEqual(server.calls);
    expect(server.calls).toMatchObject([{ callNumber: 1, protocol: 'openai-chat', requestId: 'req_1' }, { callNumber: 2, protocol: 'anthropic' }]);
  });

  it('gives the same call the same digest, and another call another', async () => {
    await serve({ text: 'hello' });
    const ask = (content: string) => openai().chat.completions.create({ model: 'm', messages: [{ role: 'user', content }] });
    await ask('one');
    await ask('one');
    await ask('two');
    const [first, second, third] = server.calls.map(({ bodyDigest }) => bodyDigest);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('says when to come back', async () => {
    await serve({ fault: 'rate-limited', retryAfterSeconds: 7, retryAfterMs: 6500 });
    const failed = await anthropic().messages.create({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }).catch((error: unknown) => error as InstanceType<typeof Anthropic.APIError>);
    expect(failed).toMatchObject({ status: 429, type: 'rate_limit_error' });
    expect((failed as { headers: Headers }).headers.get('retry-after')).toBe('7');
  });
});
