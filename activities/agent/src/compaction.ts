import { headAndTail } from './kept-outputs.js';
import type { ChatMessage, ChatRequest, LanguageModelPort, TaskSection, ToolResult } from './ports/language-model.port.js';
import { COMPACT_PROMPT } from './prompts/compact.prompt.js';
import { tokensOf } from './token-estimate.js';

/** Of the window: above the first, older messages are summed up; what stays of the newest keeps below the second. */
const FULL_SHARE = 0.75;
const KEPT_SHARE = 0.35;
/** Less than this is not worth a call. */
const WORTH_SHARE = 0.1;
const KEPT_STEPS = 4;
const TRANSCRIPT_SHARE = 0.5;
const BYTES_PER_TOKEN = 4;
/** How much of each result the summary is made from, tried from the first on until all of them fit. */
const RESULT_CHARS = [8000, 2000, 500, 120] as const;
const MAX_ARGS_CHARS = 2000;
const MAX_PLAIN_CHARS = 20_000;

export function isFull(inputTokens: number, { contextTokens }: LanguageModelPort['facts']): boolean {
  return inputTokens > contextTokens * FULL_SHARE;
}

const sizeOf = (messages: readonly ChatMessage[]): number => messages.reduce((sum, message) => sum + tokensOf(message), 0);

/**
 * How many of the last messages stay whole; undefined where nothing worth it would go. `forced`: the provider
 * has refused the messages as too long, so that as little as possible stays.
 */
export function keptMessages(worked: readonly ChatMessage[], contextTokens: number, forced: boolean): number | undefined {
  const starts = worked.flatMap((message, at) => (message.role === 'assistant' ? [at] : []));
  for (let steps = forced ? 1 : KEPT_STEPS; steps >= 1; steps -= 1) {
    const start = starts.at(-steps);
    if (start === undefined || start === 0) continue;
    if (steps > 1 && sizeOf(worked.slice(start)) > contextTokens * KEPT_SHARE) continue;
    const isWorth = forced || sizeOf(worked.slice(0, start)) > contextTokens * WORTH_SHARE;
    return isWorth ? worked.length - start : undefined;
  }
  return undefined;
}

function resultText({ name, answer }: ToolResult, maxChars: number): string {
  const text = answer.ok ? (typeof answer.value === 'string' ? answer.value : JSON.stringify(answer.value)) : `refused: ${answer.message} (${answer.code})`;
  return `result of ${name}: ${headAndTail(text, maxChars / 2, maxChars / 2)}`;
}

function messageText(message: ChatMessage, maxChars: number): string {
  switch (message.role) {
    case 'instructions':
      return message.text;
    case 'task':
      return message.sections.map(({ name, text }) => `${name}: ${headAndTail(text, maxChars, maxChars)}`).join('\n');
    case 'assistant': {
      const argsChars = Math.min(maxChars, MAX_ARGS_CHARS) / 2;
      const calls = message.toolCalls.map(({ name, args }) => `call of ${name}: ${headAndTail(JSON.stringify(args), argsChars, argsChars)}`);
      return [headAndTail(message.text, maxChars, maxChars), ...calls].filter((text) => text !== '').join('\n');
    }
    case 'tools':
      return message.results.map((result) => resultText(result, maxChars)).join('\n');
  }
}

function transcriptOf(dropped: readonly ChatMessage[], maxChars: number): string {
  const texts = RESULT_CHARS.map((chars) => dropped.map((message) => messageText(message, chars)).join('\n\n'));
  const fitting = texts.find((text) => text.length <= maxChars) ?? texts.at(-1) ?? '';
  return headAndTail(fitting, maxChars / 2, maxChars / 2);
}

const sectionsIn = (opening: readonly ChatMessage[]): readonly TaskSection[] => opening.flatMap((message) => (message.role === 'task' ? message.sections : []));

/** Asks the model itself, without tools, for what of the older messages it has to know. */
export function summaryRequest(request: Pick<ChatRequest, 'stage' | 'signal'>, opening: readonly ChatMessage[], dropped: readonly ChatMessage[], contextTokens: number): ChatRequest {
  const maxChars = Math.min(Number.MAX_SAFE_INTEGER, contextTokens * BYTES_PER_TOKEN * TRANSCRIPT_SHARE);
  const transcript: TaskSection = { name: 'transcript', text: transcriptOf(dropped, maxChars) };
  const messages: readonly ChatMessage[] = [
    { role: 'instructions', text: COMPACT_PROMPT.text },
    { role: 'task', sections: [...sectionsIn(opening), transcript] },
  ];
  return { ...request, messages, tools: [] };
}

/** Stands in where the model could not sum up: what was called, and how it went. */
export function plainSummary(opening: readonly ChatMessage[], dropped: readonly ChatMessage[], contextTokens: number): string {
  const earlier = sectionsIn(opening).filter(({ name }) => name === 'summary').map(({ text }) => text);
  const share = Math.min(MAX_PLAIN_CHARS, contextTokens / 2);
  return headAndTail([...earlier, 'Calls and their answers, shortened:', transcriptOf(dropped, share)].join('\n'), share, share);
}

/** The opening with the summary as its last section, in place of an earlier one. */
export function withSummary(opening: readonly ChatMessage[], summary: string): readonly ChatMessage[] {
  const last = opening.findLastIndex(({ role }) => role === 'task');
  return opening.map((message, at) =>
    at === last && message.role === 'task' ? { role: 'task', sections: [...message.sections.filter(({ name }) => name !== 'summary'), { name: 'summary', text: summary }] } : message,
  );
}
