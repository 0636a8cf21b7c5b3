import type { ModelAnswer, ToolCall } from '../ports/language-model.port.js';
import type { CannotCode } from '../tool-declarations.js';

/** Nothing is sent anywhere and nothing is paid: 0 is what it costs, not an unknown price. */
const USAGE = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, costMicros: 0 } as const;

export function calling(text: string, ...toolCalls: readonly ToolCall[]): ModelAnswer {
  return { text, toolCalls, output: null, usage: USAGE };
}

export function giving(output: unknown): ModelAnswer {
  return { text: '', toolCalls: [], output, usage: USAGE };
}

export function cannot(code: CannotCode, message: string, understood: readonly string[] = []): ModelAnswer {
  return calling(message, { id: 'cannot', name: 'cannot', args: { code, message, understood: [...understood] } });
}
