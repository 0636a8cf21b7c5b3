import type OpenAI from 'openai';

import { pieces, type StreamEvent } from './protocol.js';

type Event = OpenAI.Responses.ResponseStreamEvent;
type Whole = Omit<OpenAI.Responses.Response, 'output_text'>;
type Item = Whole['output'][number];
/** The number in the sequence is given at the end. */
type Unnumbered = Event extends infer E ? (E extends Event ? Omit<E, 'sequence_number'> : never) : never;
type Part = { readonly item_id: string; readonly output_index: number; readonly content_index: number };

function messageEvents(item: OpenAI.Responses.ResponseOutputMessage, output_index: number): readonly Unnumbered[] {
  const inner = item.content.flatMap((part, content_index): Unnumbered[] => {
    const at: Part = { item_id: item.id, output_index, content_index };
    if (part.type === 'refusal') {
      return [
        { type: 'response.content_part.added', ...at, part: { type: 'refusal', refusal: '' } },
        ...pieces(part.refusal).map((delta): Unnumbered => ({ type: 'response.refusal.delta', ...at, delta })),
        { type: 'response.refusal.done', ...at, refusal: part.refusal },
        { type: 'response.content_part.done', ...at, part },
      ];
    }
    return [
      { type: 'response.content_part.added', ...at, part: { ...part, text: '' } },
      ...pieces(part.text).map((delta): Unnumbered => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
      { type: 'response.output_text.done', ...at, text: part.text, logprobs: [] },
      { type: 'response.content_part.done', ...at, part },
    ];
  });
  return [
    { type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress', content: [] } },
    ...inner,
    { type: 'response.output_item.done', output_index, item },
  ];
}

function callEvents(item: OpenAI.Responses.ResponseFunctionToolCall, output_index: number): readonly Unnumbered[] {
  const item_id = item.id ?? item.call_id;
  return [
    { type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress', arguments: '' } },
    ...pieces(item.arguments).map((delta): Unnumbered => ({ type: 'response.function_call_arguments.delta', item_id, output_index, delta })),
    { type: 'response.function_call_arguments.done', item_id, output_index, name: item.name, arguments: item.arguments },
    { type: 'response.output_item.done', output_index, item },
  ];
}

function itemEvents(item: Item, index: number): readonly Unnumbered[] {
  if (item.type === 'message') return messageEvents(item as OpenAI.Responses.ResponseOutputMessage, index);
  return item.type === 'function_call' ? callEvents(item, index) : [];
}

export function responseEvents(whole: Whole): readonly StreamEvent[] {
  // The SDK adds `output_text` itself; it is not on the wire.
  const response = whole as OpenAI.Responses.Response;
  const { usage: _, ...unused } = response;
  const begun: OpenAI.Responses.Response = { ...unused, status: 'in_progress', incomplete_details: null, output: [] };
  const all: readonly Unnumbered[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...response.output.flatMap(itemEvents),
    { type: response.status === 'incomplete' ? 'response.incomplete' : 'response.completed', response },
  ];
  return all.map((event, sequence_number) => ({ event: event.type, data: JSON.stringify({ ...event, sequence_number }) }));
}
