import type OpenAI from 'openai';

import type { ModelCall, SpokenMessage, SpokenUsage } from '../script.js';
import { openaiError } from './openai-errors.js';
import { responseEvents } from './openai-responses-events.js';
import { asArray, asObject, asText, bearerOf, type FullAnswer, GIVING_TOOL, type Json, parsedOr, type ReadCall, textOf, type WireProtocol } from './protocol.js';

type Response = OpenAI.Responses.Response;

const REFUSAL = "I'm sorry, I can't assist with that.";
const CREATED = 1_790_000_000;

/** Tool calls are items of their own here: one with the assistant's words before it belongs to those. */
function messagesOf(items: readonly Json[]): readonly SpokenMessage[] {
  const messages: SpokenMessage[] = [];
  for (const item of items) {
    if (item['type'] === 'function_call') {
      const call = { id: asText(item['call_id']), name: asText(item['name']), args: parsedOr(asText(item['arguments'])) };
      const last = messages.at(-1);
      if (last?.role === 'assistant') messages[messages.length - 1] = { ...last, toolCalls: [...last.toolCalls, call] };
      else messages.push({ role: 'assistant', text: '', toolCalls: [call], callId: null });
    } else if (item['type'] === 'function_call_output') {
      messages.push({ role: 'tool', text: textOf(item['output']), toolCalls: [], callId: asText(item['call_id']) });
    } else if (item['role'] === 'assistant' || item['role'] === 'user') {
      messages.push({ role: item['role'], text: textOf(item['content']), toolCalls: [], callId: null });
    }
  }
  return messages;
}

function wantsSchemaOf(body: Json, tools: ModelCall['tools']): ModelCall['wantsSchema'] {
  const format = asObject(asObject(body['text'])['format']);
  if (format['type'] === 'json_schema') return { name: asText(format['name']), schema: format['schema'], by: 'format' };
  const forced = asText(asObject(body['tool_choice'])['name']);
  const tool = tools.find(({ name }) => (forced === '' ? GIVING_TOOL.test(name) : name === forced));
  return tool ? { name: tool.name, schema: tool.schema, by: 'tool' } : null;
}

function read(body: Json): ReadCall {
  const { input } = body;
  const items: readonly Json[] = typeof input === 'string' ? [{ role: 'user', content: input }] : asArray(input);
  const isSystem = ({ role }: Json): boolean => role === 'system' || role === 'developer';
  const tools = asArray(body['tools']).map(({ name, description, parameters }) => ({ name: asText(name), description: asText(description), schema: parameters }));
  const said = items.filter(isSystem).map(({ content }) => textOf(content));
  return {
    model: asText(body['model']),
    system: [asText(body['instructions']), ...said].filter((text) => text !== '').join('\n\n'),
    messages: messagesOf(items),
    tools,
    wantsSchema: wantsSchemaOf(body, tools),
    stream: body['stream'] === true,
  };
}

function usageOf({ inputTokens, outputTokens, cachedInputTokens = 0 }: SpokenUsage): OpenAI.Responses.ResponseUsage {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedInputTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  };
}

function outputOf({ id, text, toolCalls, ending }: FullAnswer): Response['output'] {
  const content: OpenAI.Responses.ResponseOutputMessage['content'] =
    ending === 'refusal' ? [{ type: 'refusal', refusal: REFUSAL }] : text === '' ? [] : [{ type: 'output_text', text, annotations: [], logprobs: [] }];
  const isCut = ending === 'output-cut' || ending === 'content-filter';
  const status = isCut ? ('incomplete' as const) : ('completed' as const);
  return [
    ...(content.length > 0 ? [{ id: `msg_${id}`, type: 'message' as const, role: 'assistant' as const, status, content }] : []),
    ...toolCalls.map((call) => ({ id: `fc_${call.id}`, type: 'function_call' as const, call_id: call.id, name: call.name, arguments: JSON.stringify(call.args), status: 'completed' as const })),
  ];
}

function whole(answer: FullAnswer): Omit<Response, 'output_text'> {
  const { id, model, usage, ending } = answer;
  const reason = ending === 'output-cut' ? ('max_output_tokens' as const) : ending === 'content-filter' ? ('content_filter' as const) : null;
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: CREATED,
    status: reason === null ? 'completed' : 'incomplete',
    incomplete_details: reason === null ? null : { reason },
    error: null,
    instructions: null,
    metadata: {},
    model,
    output: outputOf(answer),
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    ...(usage && { usage: usageOf(usage) }),
  } satisfies Omit<Response, 'output_text'>;
}

export const openaiResponses: WireProtocol = {
  protocol: 'openai-responses',
  keyOf: bearerOf,
  read,
  whole,
  events: (answer) => responseEvents(whole(answer)),
  error: openaiError,
  errorEvent: () => {
    const event = { type: 'error', code: 'server_error', message: 'The server had an error.', param: null, sequence_number: 99 } satisfies OpenAI.Responses.ResponseErrorEvent;
    return { event: event.type, data: JSON.stringify(event) };
  },
  terminator: '',
};
