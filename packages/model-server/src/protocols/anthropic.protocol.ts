import type Anthropic from '@anthropic-ai/sdk';

import type { SpokenMessage, SpokenUsage } from '../script.js';
import { asArray, asObject, asText, type ErrorReply, type FullAnswer, GIVING_TOOL, type Json, pieces, type ReadCall, type StatusFault, type StreamEvent, textOf, type WireProtocol } from './protocol.js';

type Message = Anthropic.Message;
type Event = Anthropic.RawMessageStreamEvent;

const NO_USAGE: SpokenUsage = { inputTokens: 0, outputTokens: 0 };

/** A user's message of this protocol may answer several tools and say something besides. */
function messagesOf(raw: Json): readonly SpokenMessage[] {
  const { role, content } = raw;
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : asArray(content);
  const text = blocks.filter(({ type }) => type === 'text').map((block) => asText(block['text'])).join('');
  if (role === 'assistant') {
    const calls = blocks.filter(({ type }) => type === 'tool_use');
    return [{ role, text, toolCalls: calls.map(({ id, name, input }) => ({ id: asText(id), name: asText(name), args: input })), callId: null }];
  }
  const results = blocks.filter(({ type }) => type === 'tool_result');
  return [
    ...results.map((block): SpokenMessage => ({ role: 'tool', text: textOf(block['content']), toolCalls: [], callId: asText(block['tool_use_id']) })),
    ...(text === '' && results.length > 0 ? [] : [{ role: 'user' as const, text, toolCalls: [], callId: null }]),
  ];
}

function read(body: Json): ReadCall {
  const tools = asArray(body['tools']).map(({ name, description, input_schema }) => ({ name: asText(name), description: asText(description), schema: input_schema }));
  const format = asObject(asObject(body['output_config'])['format']);
  const choice = asObject(body['tool_choice']);
  const forced = choice['type'] === 'tool' ? asText(choice['name']) : '';
  const tool = tools.find(({ name }) => (forced === '' ? GIVING_TOOL.test(name) : name === forced));
  const byTool = tool ? { name: tool.name, schema: tool.schema, by: 'tool' as const } : null;
  return {
    model: asText(body['model']),
    system: textOf(body['system']),
    messages: asArray(body['messages']).flatMap(messagesOf),
    tools,
    wantsSchema: format['type'] === 'json_schema' ? { name: '', schema: format['schema'], by: 'format' } : byTool,
    stream: body['stream'] === true,
  };
}

function usageOf({ inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0 }: SpokenUsage) {
  return {
    // This protocol counts what the cache had, and what went into it, apart.
    input_tokens: inputTokens - cachedInputTokens - cacheWriteTokens,
    output_tokens: outputTokens,
    cache_read_input_tokens: cachedInputTokens,
    cache_creation_input_tokens: cacheWriteTokens,
    cache_creation: { ephemeral_5m_input_tokens: cacheWriteTokens, ephemeral_1h_input_tokens: 0 },
    inference_geo: null,
    output_tokens_details: null,
    server_tool_use: null,
    service_tier: 'standard',
  } satisfies Anthropic.Usage;
}

function stopOf({ ending, toolCalls }: FullAnswer): Anthropic.StopReason {
  if (ending === 'output-cut') return 'max_tokens';
  if (ending === 'refusal' || ending === 'content-filter') return 'refusal';
  return toolCalls.length > 0 ? 'tool_use' : 'end_turn';
}

function stopDetailsOf({ ending }: FullAnswer): Anthropic.RefusalStopDetails | null {
  if (ending === 'refusal') return { type: 'refusal', category: null, explanation: null };
  return ending === 'content-filter' ? { type: 'refusal', category: 'general_harms', explanation: null } : null;
}

function contentOf({ text, toolCalls }: FullAnswer): Message['content'] {
  return [
    ...(text === '' ? [] : [{ type: 'text' as const, text, citations: null }]),
    ...toolCalls.map(({ id, name, args }) => ({ type: 'tool_use' as const, id, name, input: args, caller: { type: 'direct' as const } })),
  ];
}

function whole(answer: FullAnswer): Message {
  return {
    id: `msg_${answer.id}`,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    container: null,
    content: contentOf(answer),
    stop_reason: stopOf(answer),
    stop_details: stopDetailsOf(answer),
    stop_sequence: null,
    usage: usageOf(answer.usage ?? NO_USAGE),
  } satisfies Message;
}

function blockEvents(block: Message['content'][number], index: number): readonly Event[] {
  const stop: Event = { type: 'content_block_stop', index };
  if (block.type === 'text') {
    return [
      { type: 'content_block_start', index, content_block: { ...block, text: '' } },
      ...pieces(block.text).map((text): Event => ({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } })),
      stop,
    ];
  }
  if (block.type !== 'tool_use') return [];
  return [
    { type: 'content_block_start', index, content_block: { ...block, input: {} } },
    ...pieces(JSON.stringify(block.input)).map((partial_json): Event => ({ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json } })),
    stop,
  ];
}

function events(answer: FullAnswer): readonly StreamEvent[] {
  const message = whole(answer);
  const { output_tokens, ...input } = message.usage;
  const all: readonly Event[] = [
    { type: 'message_start', message: { ...message, content: [], stop_reason: null, stop_details: null, usage: { ...message.usage, output_tokens: Math.min(1, output_tokens) } } },
    ...message.content.flatMap(blockEvents),
    {
      type: 'message_delta',
      delta: { stop_reason: message.stop_reason, stop_details: message.stop_details, stop_sequence: null, container: null },
      usage: {
        output_tokens,
        input_tokens: input.input_tokens,
        cache_creation_input_tokens: input.cache_creation_input_tokens,
        cache_read_input_tokens: input.cache_read_input_tokens,
        output_tokens_details: null,
        server_tool_use: null,
      },
    },
    { type: 'message_stop' },
  ];
  return all.map((data) => ({ event: data.type, data: JSON.stringify(data) }));
}

const error = (status: number, type: Anthropic.ErrorType, message: string): ErrorReply => ({
  status,
  body: { type: 'error', error: { type, message }, request_id: null } satisfies Anthropic.ErrorResponse,
});

const ERRORS: Readonly<Record<StatusFault, (model: string) => ErrorReply>> = {
  'rate-limited': () => error(429, 'rate_limit_error', "This request would exceed your organization's rate limit."),
  overloaded: () => error(529, 'overloaded_error', 'Overloaded'),
  'quota-used-up': () => error(402, 'billing_error', 'Your credit balance is too low to access the Anthropic API.'),
  'server-error': () => error(500, 'api_error', 'Internal server error'),
  'invalid-key': () => error(401, 'authentication_error', 'invalid x-api-key'),
  forbidden: () => error(403, 'permission_error', 'Your API key does not have permission to use the specified resource.'),
  'unknown-model': (model) => error(404, 'not_found_error', `model: ${model}`),
  'bad-call': () => error(400, 'invalid_request_error', 'messages.0.content: text content blocks must be non-empty'),
  'call-too-large': () => error(413, 'request_too_large' as Anthropic.ErrorType, 'Request exceeds the maximum allowed number of bytes.'),
  'context-too-long': () => error(400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
};

export const anthropic: WireProtocol = {
  protocol: 'anthropic',
  keyOf: (headers) => (typeof headers['x-api-key'] === 'string' ? headers['x-api-key'] : undefined),
  read,
  whole,
  events,
  error: (fault, model) => ERRORS[fault](model),
  errorEvent: () => ({ event: 'error', data: JSON.stringify(ERRORS.overloaded('').body) }),
  terminator: '',
};
