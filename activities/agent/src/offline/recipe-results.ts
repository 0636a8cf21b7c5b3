import type { ModelAnswer, ToolResult } from '../ports/language-model.port.js';
import { CANNOT_CODES, type CannotCode } from '../tool-declarations.js';
import type { RecipeOutcome, RecipeValue } from '../tools/tool-protocol.js';
import { cannot } from './offline-answers.js';

function cannotCode(code: string): CannotCode {
  return CANNOT_CODES.find((known) => known === code) ?? 'MODEL_CANNOT';
}

export function outcomesOf({ answer }: ToolResult): readonly RecipeOutcome[] {
  return answer.ok ? (answer.value as RecipeValue).outcomes : [];
}

/** The answer where a recipe was refused: the refusal's own code and reason. */
export function refusalAnswer({ answer }: ToolResult, outcomes: readonly RecipeOutcome[]): ModelAnswer | undefined {
  if (!answer.ok) return cannot(cannotCode(answer.code), answer.message);
  const refused = outcomes.find((outcome) => !outcome.ok);
  if (!refused || refused.ok) return undefined;
  const understood = outcomes.filter((outcome) => outcome.ok).map((outcome) => outcome.instruction);
  return cannot(cannotCode(refused.code), `${refused.instruction.split('\n')[0] ?? ''}: ${refused.message}`, [...understood, refused.instruction]);
}
