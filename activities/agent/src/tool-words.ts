import type { ToolCall, ToolResult } from './ports/language-model.port.js';
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

/** What a call did, said plainly. */
export function wordsOn(call: ToolCall, answer: ToolResult['answer']): string {
  if (!answer.ok) return oneLine(`${call.name}: refused, ${answer.message} (${answer.code})`);
  switch (call.name) {
    case 'recipe':
      return oneLine(recipeWords(answer.value));
    case 'run': {
      const { exitCode, timedOut } = answer.value as { exitCode: number | null; timedOut: boolean };
      return oneLine(`ran ${argument(call, 'argv')}: ${timedOut ? 'out of time' : `exit code ${exitCode}`}`);
    }
    case 'list':
      return 'listed files';
    case 'search':
      return oneLine(`searched for ${argument(call, 'text')}`);
    default:
      return oneLine(`${call.name} ${argument(call, 'path')}`);
  }
}
