import { inspect } from 'node:util';

import { AppError, type ErrorCode, ERRORS } from '@countersign/domain';
import { FAULT_NAMES, type FaultName, type ModelServer, type Protocol, PROTOCOLS, type ScriptedReply, startModelServer } from '@countersign/model-server';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { languageModels, type ModelSettings } from '../src/models/language-models.js';
import type { ModelFault } from '../src/models/model-fault.js';
import type { ChatRequest, LanguageModelPort } from '../src/index.js';

// The first call of each provider loads its packages.
jest.setTimeout(30_000);

const MODELS: Readonly<Record<Protocol, string>> = { 'openai-chat': 'openai:gpt-5', 'openai-responses': 'openai:gpt-5', anthropic: 'anthropic:claude-opus-5' };
const PROVIDERS: Readonly<Record<Protocol, string>> = { 'openai-chat': 'OpenAI', 'openai-responses': 'OpenAI', anthropic: 'Anthropic' };

/** A busy machine is no fault of the provider; only a row about time is in a hurry. */
const PATIENT = { totalMs: 20_000, idleMs: 10_000 };
const HURRIED = { totalMs: 1_500, idleMs: 300 };

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer({ script: () => ({ text: 'not scripted' }) });
});
afterEach(() => server.use(() => ({ text: 'not scripted' })));
afterAll(() => server.close());

function modelOver(protocol: Protocol, over: Partial<ModelSettings> = {}, key = server.key): LanguageModelPort {
  const provider = { key: { reveal: () => key }, baseUrl: server.baseUrls[protocol] };
  return languageModels({
    providers: { openai: provider, anthropic: provider },
    openaiApi: protocol === 'openai-responses' ? 'responses' : 'chat',
    timeouts: PATIENT,
    ...over,
  })(MODELS[protocol]);
}

const request = (over: Partial<ChatRequest> = {}): ChatRequest => ({
  stage: 'execute',
  messages: [{ role: 'instructions', text: 'Do it.' }, { role: 'task', sections: [{ name: 'title', text: 'A secret word of the request: xylophone' }] }],
  tools: [],
  signal: new AbortController().signal,
  ...over,
});

async function failureOf(model: LanguageModelPort, asked = request()): Promise<AppError> {
  const error = await model.chat(asked).then((answer) => `answered ${JSON.stringify(answer)}`, (thrown: unknown) => thrown);
  if (!(error instanceof AppError)) throw new Error(`no AppError, but ${inspect(error)}`);
  return error;
}

type Expected = { readonly fault: ModelFault; readonly code: ErrorCode; readonly retry: boolean; readonly says: RegExp };
type Row = { readonly script: ScriptedReply & { readonly fault: string } } & Expected & { readonly at?: Partial<Record<Protocol, Expected>>; readonly retryAfterMs?: number };

const WAITS = /The request waits until then\.$/;
const RATE: Expected = { fault: 'rate-limited', code: 'MODEL_RATE_LIMITED', retry: true, says: /^(OpenAI|Anthropic) asks to slow down\. The request goes on by itself\.$/ };
const OVERLOADED: Expected = { fault: 'overloaded', code: 'MODEL_RATE_LIMITED', retry: true, says: /^(OpenAI|Anthropic) is overloaded\. The request goes on by itself\.$/ };
const FAILED: Expected = { fault: 'provider-failed', code: 'MODEL_UNAVAILABLE', retry: true, says: /^(OpenAI|Anthropic) failed on its own side \(HTTP \d+\)\. The call is made again by itself\.$/ };
const CUT: Expected = { fault: 'cut', code: 'MODEL_UNAVAILABLE', retry: true, says: /^The connection to (OpenAI|Anthropic) broke off before the answer was complete\. The call is made again by itself\.$/ };
const UNREADABLE: Expected = { fault: 'unreadable', code: 'MODEL_UNAVAILABLE', retry: true, says: /gave an answer that cannot be read\. The call is made again by itself\.$/ };
const TIMED_OUT: Expected = { fault: 'timed-out', code: 'MODEL_UNAVAILABLE', retry: true, says: /did not answer in time\. The call is made again by itself\.$/ };

/** What each fault of a provider becomes: the code, whether the call is made again, and what a person sees. */
const TABLE: readonly Row[] = [
  { script: { fault: 'rate-limited' }, ...RATE },
  { script: { fault: 'rate-limited', retryAfterSeconds: 7 }, ...RATE, says: /asks to slow down for 7 s\. /, retryAfterMs: 7_000 },
  { script: { fault: 'rate-limited', retryAfterSeconds: 7, retryAfterMs: 6_500 }, ...RATE, says: /asks to slow down for 7 s\. /, retryAfterMs: 6_500 },
  { script: { fault: 'overloaded', retryAfterSeconds: 3 }, ...FAILED, retryAfterMs: 3_000, at: { anthropic: { ...OVERLOADED, says: /is overloaded for 3 s\. / } } },
  { script: { fault: 'quota-used-up' }, fault: 'quota-used-up', code: 'MODEL_RATE_LIMITED', retry: true, says: /^The account behind (OPENAI|ANTHROPIC)_API_KEY has no credit left at (OpenAI|Anthropic): add some there/ },
  { script: { fault: 'server-error' }, ...FAILED },
  { script: { fault: 'gateway-page' }, ...FAILED },
  { script: { fault: 'http', status: 504, body: '' }, ...FAILED },
  { script: { fault: 'invalid-key' }, fault: 'key-invalid', code: 'MODEL_KEY_INVALID', retry: true, says: /does not accept the key: set a valid (OPENAI|ANTHROPIC)_API_KEY and start Countersign again\. The request waits until then\.$/ },
  { script: { fault: 'forbidden' }, fault: 'key-not-allowed', code: 'MODEL_KEY_INVALID', retry: true, says: WAITS },
  { script: { fault: 'unknown-model' }, fault: 'unknown-model', code: 'MODEL_UNKNOWN', retry: true, says: /at 127\.0\.0\.1:\d+ does not know the model (gpt-5|claude-opus-5): correct its name/ },
  { script: { fault: 'context-too-long' }, fault: 'context-too-long', code: 'MODEL_CONTEXT_TOO_LONG', retry: false, says: /needs more text than (openai:gpt-5|anthropic:claude-opus-5) takes at once: make it smaller/ },
  { script: { fault: 'call-too-large' }, fault: 'context-too-long', code: 'MODEL_CONTEXT_TOO_LONG', retry: false, says: /make it smaller/ },
  { script: { fault: 'refusal' }, fault: 'refused', code: 'MODEL_REFUSED', retry: false, says: /refused to answer: say it in other words, or choose another model\.$/ },
  { script: { fault: 'content-filter' }, fault: 'filtered', code: 'MODEL_FILTERED', retry: false, says: /^A content filter of (OpenAI|Anthropic) stopped / },
  { script: { fault: 'output-cut' }, fault: 'output-cut', code: 'MODEL_OUTPUT_INVALID', retry: false, says: /came to the end of what it may write/ },
  { script: { fault: 'bad-call' }, fault: 'call-refused', code: 'MODEL_CALL_REFUSED', retry: false, says: /refused the call \(HTTP 400\), saying ".+": choose another model/ },
  { script: { fault: 'redirect' }, fault: 'redirected', code: 'MODEL_CALL_REFUSED', retry: false, says: /answers with a redirect, which a key is not sent along: set (OPENAI|ANTHROPIC)_BASE_URL/ },
  { script: { fault: 'cut-before-answer' }, fault: 'unreachable', code: 'MODEL_UNAVAILABLE', retry: true, says: /could not be reached at 127\.0\.0\.1:\d+: check the network and (OPENAI|ANTHROPIC)_BASE_URL\. The call is made again by itself\.$/ },
  { script: { fault: 'cut-inside-answer' }, ...CUT },
  { script: { fault: 'ends-early' }, ...CUT },
  { script: { fault: 'malformed-json' }, ...UNREADABLE },
  { script: { fault: 'hang' }, ...TIMED_OUT },
  { script: { fault: 'hang-inside-answer' }, ...TIMED_OUT },
];

const IN_STREAM: Readonly<Record<Protocol, Expected>> = { 'openai-chat': { ...FAILED, says: /failed on its own side/ }, 'openai-responses': { ...FAILED, says: /failed on its own side/ }, anthropic: OVERLOADED };

const HTTP = 'http';

describe.each(PROTOCOLS)('over %s', (protocol) => {
  describe.each([true, false])('with streaming %s', (streams) => {
    it.each(TABLE.map((row) => [row.script.fault, row] as const))('%s: its code, whether it is tried again, and what a person sees', async (_name, row) => {
      server.use(() => row.script);
      const before = server.calls.length;
      const { code, retry, says, fault } = row.at?.[protocol] ?? row;
      const error = await failureOf(modelOver(protocol, { streams, timeouts: fault === 'timed-out' ? HURRIED : PATIENT }));
      expect({ code: error.code, retryAfterMs: error.retryAfterMs }).toEqual({ code, retryAfterMs: row.retryAfterMs });
      expect(error.details).toMatchObject({ fault, model: MODELS[protocol] });
      expect(ERRORS[error.code].retry).toBe(retry);
      expect(error.message).toMatch(says);
      // The provider's and LangChain's own retries are off.
      expect(server.calls.length - before).toBe(1);
      const everything = inspect(error, { depth: 10 });
      expect(everything).not.toContain(server.key);
      expect(everything).not.toContain('xylophone');
    });

    it('an error inside the answer is told as what it is', async () => {
      server.use(() => ({ fault: 'error-inside-stream' }));
      const error = await failureOf(modelOver(protocol, { streams }));
      const { code, says } = streams ? IN_STREAM[protocol] : FAILED;
      expect({ code: error.code, message: error.message }).toEqual({ code, message: expect.stringMatching(says) });
    });
  });

  it('says what an answer cost that cannot be used', async () => {
    server.use(() => ({ fault: 'output-cut' }));
    expect((await failureOf(modelOver(protocol))).details).toMatchObject({ usage: { inputTokens: 100, outputTokens: 10 } });
  });

  it('is not begun again by the client where it breaks off', async () => {
    server.use(() => ({ fault: 'cut-inside-answer' }));
    const before = server.calls.length;
    await failureOf(modelOver(protocol));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.calls.length - before).toBe(1);
  });

  it('ends with the caller, in the middle of an answer', async () => {
    server.use(() => ({ fault: 'hang-inside-answer' }));
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('cancelled by a person')), 60);
    await expect(modelOver(protocol).chat(request({ signal: stop.signal }))).rejects.toThrow('cancelled by a person');
  });

  it('names the variable where a key is missing, before any call', () => {
    const provider = PROVIDERS[protocol];
    const models = languageModels({ providers: {} });
    expect(() => models(MODELS[protocol])).toThrow(expect.objectContaining({ code: 'MODEL_NOT_CONFIGURED', message: expect.stringMatching(new RegExp(`needs a key: set ${provider.toUpperCase()}_API_KEY`)) }));
  });

  it('takes a wrong key for one, and keeps it to itself', async () => {
    const error = await failureOf(modelOver(protocol, {}, 'sk-wrong-and-very-secret'));
    expect(error.code).toBe('MODEL_KEY_INVALID');
    expect(inspect(error, { depth: 10 })).not.toContain('sk-wrong');
  });

  it('is told where nobody listens', async () => {
    const provider = { key: { reveal: () => 'k' }, baseUrl: 'http://127.0.0.1:9' };
    const model = languageModels({ providers: { openai: provider, anthropic: provider }, openaiApi: protocol === 'openai-responses' ? 'responses' : 'chat' })(MODELS[protocol]);
    expect(await failureOf(model)).toMatchObject({ code: 'MODEL_UNAVAILABLE', message: expect.stringMatching(/could not be reached at 127\.0\.0\.1:9/) });
  });
});

describe('the table of model faults', () => {
  it('has every fault that the server can make', () => {
    const tested = new Set<string>([...TABLE.map(({ script }) => script.fault), 'error-inside-stream' satisfies FaultName]);
    expect(FAULT_NAMES.filter((name) => !tested.has(name))).toEqual([]);
    expect(tested.has(HTTP)).toBe(true);
  });
});
