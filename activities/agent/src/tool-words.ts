import type { BudgetKind, BudgetLimits, BudgetUsage, ExpectedUsage } from '@countersign/domain';

import type { ModelUsage, ToolCall, ToolResult } from './ports/language-model.port.js';
import type { ChangedFile, RecipeValue } from './tools/tool-protocol.js';

const MAX_CHARS = 300;

/** Text of people, models and repositories on one line of the log. */
export function oneLine(text: string): string {
  // Control, bidirectional and line-separator characters could make the line say something else.
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  const chars = [...plain];
  return chars.length <= MAX_CHARS ? plain : `${chars.slice(0, MAX_CHARS - 1).join('')}…`;
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function changeWords(files: readonly ChangedFile[]): string {
  const [only] = files;
  if (files.length === 1 && only && only.change !== 'edit') return only.change === 'add' ? 'added' : 'deleted';
  const places = files.reduce((sum, file) => sum + (file.places ?? 0), 0);
  return `${counted(places, 'place')} in ${counted(files.length, 'file')}`;
}

function recipeWords(value: unknown): string {
  const { outcomes } = value as RecipeValue;
  return outcomes
    .map((outcome) => (outcome.ok ? `${outcome.title}: ${changeWords(outcome.files)}` : `${outcome.instruction.split('\n')[0]}: refused, ${outcome.message} (${outcome.code})`))
    .join('; ');
}

function argument(call: ToolCall, name: string): string {
  const value = call.args[name];
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}

/** The heading of an answer that is text. */
function heading(value: unknown): string {
  return typeof value === 'string' ? (value.split('\n')[0] ?? '') : '';
}

/** What a call did, said plainly. */
export function wordsOn(call: ToolCall, answer: ToolResult['answer']): string {
  if (!answer.ok) return oneLine(`${call.name}${'path' in call.args ? ` ${argument(call, 'path')}` : ''}: refused, ${answer.message} (${answer.code})`);
  switch (call.name) {
    case 'recipe':
      return oneLine(recipeWords(answer.value));
    case 'run':
      return oneLine(`ran ${argument(call, 'argv')}: ${heading(answer.value)}`);
    case 'list':
      return oneLine(`listed ${heading(answer.value)}`);
    case 'search':
      return oneLine(`searched for ${argument(call, 'pattern')}: ${heading(answer.value)}`);
    case 'read':
      return oneLine(`read ${heading(answer.value)}`);
    default:
      return oneLine(heading(answer.value));
  }
}

/** What a call of the model took. */
export function callWords(model: string, { inputTokens, outputTokens, cachedInputTokens }: ModelUsage, durationMs: number): string {
  const share = cachedInputTokens > 0 && inputTokens > 0 ? ` (${Math.round((100 * cachedInputTokens) / inputTokens)} % from its cache)` : '';
  const seconds = (durationMs / 1000).toFixed(1);
  return oneLine(`${model}: read ${inputTokens.toLocaleString('en')} tokens${share}, wrote ${outputTokens.toLocaleString('en')}, ${seconds} s`);
}

/** Why the next call is not made. */
export function budgetWords(kind: BudgetKind, limits: BudgetLimits, used: BudgetUsage, next: ExpectedUsage): string {
  switch (kind) {
    case 'tokens':
      return `stopped before a call of about ${next.tokens.toLocaleString('en')} tokens: ${used.tokens.toLocaleString('en')} of ${(limits.tokens ?? 0).toLocaleString('en')} are used`;
    case 'costMicros': {
      const money = (micros: number | null): string => (micros === null ? 'an unknown amount' : (micros / 1e6).toFixed(4));
      return `stopped before a call of about ${money(next.costMicros)}: ${money(used.costMicros)} of ${money(limits.costMicros)} is spent`;
    }
    default:
      return `stopped: the budget of the request is used up (${kind})`;
  }
}
