import { AIMessage, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';

import type { ChatMessage, ToolResult } from '../ports/language-model.port.js';
import { DATA_RULE } from './data-rule.prompt.js';
import { fenced, fencedSections } from './fenced-text.js';

/** Providers refuse an empty message. */
const NOTHING_SAID = '(nothing said)';

function resultText(answer: ToolResult['answer'] | undefined): string {
  if (!answer) return JSON.stringify({ data: null, error: 'The call was not made' });
  // Code as it stands: escaped in JSON, a model that edits would have to undo the escapes.
  if (answer.ok && typeof answer.value === 'string') return fenced('answer', answer.value);
  return JSON.stringify(answer.ok ? { data: answer.value } : { data: null, error: answer.message, code: answer.code });
}

/** Every call gets one result, in order: a provider refuses a conversation in which one is missing or too many. */
function toolMessages(calls: readonly { readonly id: string; readonly name: string }[], next: ChatMessage | undefined): readonly BaseMessage[] {
  const results = next?.role === 'tools' ? next.results : [];
  return calls.map(({ id, name }) => {
    const answer = results.find(({ callId }) => callId === id)?.answer;
    return new ToolMessage({ content: resultText(answer), tool_call_id: id, name, status: answer?.ok ? 'success' : 'error' });
  });
}

function rendered(message: ChatMessage, next: ChatMessage | undefined): readonly BaseMessage[] {
  switch (message.role) {
    case 'instructions':
    // Rendered with the calls that they answer.
    case 'tools':
      return [];
    case 'task':
      return [new HumanMessage(fencedSections(message.sections))];
    case 'assistant': {
      const { text, toolCalls } = message;
      const content = text === '' && toolCalls.length === 0 ? NOTHING_SAID : text;
      const tool_calls = toolCalls.map(({ id, name, args }) => ({ type: 'tool_call' as const, id, name, args: { ...args } }));
      return [new AIMessage({ content, tool_calls }), ...toolMessages(toolCalls, next)];
    }
  }
}

export type RenderedCall = { readonly instructions: string; readonly conversation: readonly BaseMessage[] };

/** The same messages render the same text. */
export function renderedCall(messages: readonly ChatMessage[], rules: readonly string[]): RenderedCall {
  const instructions = messages.flatMap((message) => (message.role === 'instructions' ? [message.text] : []));
  return {
    instructions: [...instructions, DATA_RULE, ...rules].join('\n\n'),
    conversation: messages.flatMap((message, index) => rendered(message, messages[index + 1])),
  };
}

/** With one block of instructions that a provider may be told to keep. */
export function withInstructions({ instructions, conversation }: RenderedCall, cacheControl?: { readonly type: 'ephemeral' }): BaseMessage[] {
  const content = cacheControl ? [{ type: 'text' as const, text: instructions, cache_control: cacheControl }] : instructions;
  return [new SystemMessage({ content }), ...conversation];
}
