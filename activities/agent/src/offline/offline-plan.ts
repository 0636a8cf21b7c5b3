import type { Plan, PlanStep, Spec } from '@countersign/domain';
import { specSchema } from '@countersign/domain/schema';

import type { ChatRequest, ModelAnswer, ToolResult } from '../ports/language-model.port.js';
import { formatRecipe } from '../recipes/recipe.js';
import { understandRequest } from '../recipes/request-recipes.js';
import { counted } from '../tool-words.js';
import type { RecipeOutcome } from '../tools/tool-protocol.js';
import { calling, cannot, giving } from './offline-answers.js';
import { outcomesOf, refusalAnswer } from './recipe-results.js';
import { recipesOfGoal, sectionText, sectionTexts, toolResults } from './section-reader.js';

const MAX_NOTES = 200;
type Made = Extract<RecipeOutcome, { ok: true }>;

function readSpec(text: string): Spec | undefined {
  try {
    return specSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function summaryOf(made: readonly Made[]): string {
  const files = new Set(made.flatMap((outcome) => outcome.files.map((file) => file.path)));
  const places = made.reduce((sum, outcome) => sum + outcome.files.reduce((inFile, file) => inFile + (file.places ?? 0), 0), 0);
  const edits = places > 0 ? `, ${counted(places, 'place')}` : '';
  return `${counted(made.length, 'deterministic change')} by the offline model: ${counted(files.size, 'file')}${edits}.`;
}

/** A long list of files that were left alone is the same for each step: said once. */
function notesOf(made: readonly Made[], leftOut: readonly string[]): readonly string[] {
  const notes = new Set([
    ...leftOut.map((line) => `Feedback read as description, not carried out: ${[...line].slice(0, 200).join('')}`),
    ...made.flatMap((outcome) => outcome.notes),
  ]);
  return [...notes].slice(0, MAX_NOTES);
}

function draftOf(made: readonly Made[], leftOut: readonly string[]): Pick<Plan, 'summary' | 'steps' | 'notes'> {
  const steps: readonly PlanStep[] = made.map(({ title, instruction, files }) => ({ title, instruction, files, commands: [] }));
  return { summary: summaryOf(made), steps, notes: notesOf(made, leftOut) };
}

function answerFrom(result: ToolResult, leftOut: readonly string[]): ModelAnswer {
  const outcomes = outcomesOf(result);
  const refusal = refusalAnswer(result, outcomes);
  if (refusal) return refusal;
  const made = outcomes.filter((outcome): outcome is Made => outcome.ok);
  return giving(draftOf(made, leftOut));
}

/** Plans what the approved spec says, from a dry run on the repository as it is. */
export function planAnswer(request: ChatRequest): ModelAnswer {
  const spec = readSpec(sectionText(request, 'spec'));
  if (!spec) return cannot('MODEL_CANNOT', 'The offline model cannot read the specification.');
  const read = understandRequest({ title: '', body: recipesOfGoal(spec), feedback: sectionTexts(request, 'feedback') });
  if (read.kind === 'notUnderstood') return cannot('MODEL_CANNOT', read.message, read.understood);
  const [result] = toolResults(request);
  if (result) return answerFrom(result, read.leftOut);
  return calling('Asking what the changes would touch.', { id: 'dry-run', name: 'recipe', args: { instructions: read.recipes.map(formatRecipe), dryRun: true } });
}
