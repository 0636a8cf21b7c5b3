import type { Plan } from '@countersign/domain';
import { planSchema } from '@countersign/domain/schema';

import type { ChatRequest, ModelAnswer } from '../ports/language-model.port.js';
import { formatRecipe } from '../recipes/recipe.js';
import { understandFeedback } from '../recipes/request-recipes.js';
import { calling, cannot } from './offline-answers.js';
import { outcomesOf, refusalAnswer } from './recipe-results.js';
import { sectionText, sectionTexts, toolResults } from './section-reader.js';

function readPlan(text: string): Plan | undefined {
  try {
    return planSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

type Work = { readonly kind: 'instructions'; readonly instructions: readonly string[] } | { readonly kind: 'cannot'; readonly answer: ModelAnswer };

/** From the base: the plan, then the feedback's recipes. On an earlier result of the same plan: the feedback's recipes alone. */
function workOf(request: ChatRequest, plan: Plan): Work {
  const fromBase = sectionText(request, 'start') !== 'previous';
  const feedback = sectionTexts(request, 'feedback');
  const planned = fromBase ? plan.steps.map((step) => step.instruction) : [];
  if (feedback.length === 0) return { kind: 'instructions', instructions: planned };
  const read = understandFeedback(feedback);
  if (read.kind === 'understood') return { kind: 'instructions', instructions: [...planned, ...read.recipes.map(formatRecipe)] };
  const message = `The offline model cannot mend a result: ${read.message}`;
  return { kind: 'cannot', answer: cannot('MODEL_CANNOT', message, read.understood) };
}

/** One recipe for each answer, so that each is a step of the journal. */
export function executeAnswer(request: ChatRequest): ModelAnswer {
  const plan = readPlan(sectionText(request, 'plan'));
  if (!plan) return cannot('MODEL_CANNOT', 'The offline model cannot read the plan.');
  const work = workOf(request, plan);
  if (work.kind === 'cannot') return work.answer;
  const done = toolResults(request);
  const last = done.at(-1);
  const refusal = last && refusalAnswer(last, outcomesOf(last));
  if (refusal) return refusal;
  const next = work.instructions[done.length];
  if (next === undefined) return calling('', { id: 'finish', name: 'finish', args: { summary: 'Every step is done.' } });
  return calling('', { id: `step-${done.length + 1}`, name: 'recipe', args: { instructions: [next], dryRun: false } });
}
