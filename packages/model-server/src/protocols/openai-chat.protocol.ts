import type OpenAI from 'openai';

import type { ModelCall, SpokenMessage, SpokenUsage } from '../script.js';
import { openaiError } from './openai-errors.js';
import { asArray, asObject, asText, bearerOf, type FullAnswer, GIVING_TOOL, type Json, parsedOr, pieces, type ReadCall, type StreamEvent, textOf, type WireProtocol } from './protocol.js';

type Completion = OpenAI.Chat.ChatCompletion;
type Chunk = OpenAI.Chat.ChatCompletionChunk;

const REFUSAL = "I'm sorry, I can't assist with that.";
/** Fixed, so that the same script answers the same bytes. */
const CREATED = 1_790_000_000;

function messageOf(raw: Json): SpokenMessage {
  const role = raw['role'] === 'assistant' || raw['role'] === 'tool' ? raw['role'] : 'user';
  return {
    role,
    text: textOf(raw['content']),
    toolCalls: asArray(raw['tool_calls']).map((call) => {
      const { name, arguments: args } = asObject(call['function']);
      return { id: asText(call['id']), name: asText(name), args: parsedOr(asText(args)) };
    }),
    callId: role === 'tool' ? asText(raw['tool_call_id']) : null,
  };
}

function wantsSchemaOf(body: Json, tools: ModelCall['tools']): ModelCall['wantsSchema'] {
  const format = asObject(body['response_format']);
  if (format['type'] === 'json_schema') {
    const { name, schema } = asObject(format['json_schema']);
    return { name: asText(name), schema, by: 'format' };
  }
  const forced = asText(asObject(asObject(body['tool_choice'])['function'])['name']);
  const tool = tools.find(({ name }) => (forced === '' ? GIVING_TOOL.test(name) : name === forced));
  return tool ? { name: tool.name, schema: tool.schema, by: 'tool' } : null;
}

function read(body: Json): ReadCall {
  const raw = asArray(body['messages']);
  const isSystem = ({ role }: Json): boolean => role === 'system' || role === 'developer';
  const tools = asArray(body['tools']).map((tool) => {
    const { name, description, parameters } = asObject(tool['function']);
    return { name: asText(name), description: asText(description), schema: parameters };
  });
  return {
    model: asText(body['model']),
    system: raw.filter(isSystem).map(({ content }) => textOf(content)).join('\n\n'),
    messages: raw.filter((message) => !isSystem(message)).map(messageOf),
    tools,
    wantsSchema: wantsSchemaOf(body, tools),
    stream: body['stream'] === true,
  };
}

function usageOf({ inputTokens, outputTokens, cachedInputTokens = 0 }: SpokenUsage) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  } satisfies OpenAI.CompletionUsage;
}

function finishOf({ ending, toolCalls }: FullAnswer): Completion['choices'][number]['finish_reason'] {
  if (ending === 'output-cut') return 'length';
  if (ending === 'content-filter') return 'content_filter';
  return toolCalls.length > 0 ? 'tool_calls' : 'stop';
}

function whole(answer: FullAnswer): Completion {
  const { id, model, text, toolCalls, usage, ending } = answer;
  const calls = toolCalls.map((call) => ({ id: call.id, type: 'function' as const, function: { name: call.name, arguments: JSON.stringify(call.args) } }));
  return {
    id: `chatcmpl-${id}`,
    object: 'chat.completion',
    created: CREATED,
    model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: ending === 'refusal' || (text === '' && calls.length > 0) ? null : text,
          refusal: ending === 'refusal' ? REFUSAL : null,
          ...(calls.length > 0 && { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: finishOf(answer),
      },
    ],
    ...(usage && { usage: usageOf(usage) }),
  } satisfies Completion;
}

function deltasOf({ text, toolCalls, ending }: FullAnswer): readonly Chunk['choices'][number]['delta'][] {
  if (ending === 'refusal') return pieces(REFUSAL).map((refusal) => ({ refusal }));
  return [
    ...pieces(text).map((content) => ({ content })),
    ...toolCalls.flatMap(({ id, name, args }, index) => [
      { tool_calls: [{ index, id, type: 'function' as const, function: { name, arguments: '' } }] },
      ...pieces(JSON.stringify(args)).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ]),
  ];
}

function events(answer: FullAnswer, body: Json): readonly StreamEvent[] {
  const frame = { id: `chatcmpl-${answer.id}`, object: 'chat.completion.chunk' as const, created: CREATED, model: answer.model };
  const chunk = (delta: Chunk['choices'][number]['delta'], finish_reason: Chunk['choices'][number]['finish_reason'] = null) =>
    ({ ...frame, choices: [{ index: 0, delta, logprobs: null, finish_reason }] }) satisfies Chunk;
  const wantsUsage = asObject(body['stream_options'])['include_usage'] === true;
  const chunks: readonly Chunk[] = [
    chunk({ role: 'assistant', content: '', refusal: null }),
    ...deltasOf(answer).map((delta) => chunk(delta)),
    chunk({}, finishOf(answer)),
    ...(wantsUsage && answer.usage ? [{ ...frame, choices: [], usage: usageOf(answer.usage) } satisfies Chunk] : []),
  ];
  return chunks.map((data) => ({ event: null, data: JSON.stringify(data) }));
}

export const openaiChat: WireProtocol = {
  protocol: 'openai-chat',
  keyOf: bearerOf,
  read,
  whole,
  events,
  error: openaiError,
  errorEvent: () => ({ event: null, data: JSON.stringify(openaiError('server-error', '').body) }),
  terminator: 'data: [DONE]\n\n',
};
