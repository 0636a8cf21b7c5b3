import { formatRecipe, RECIPE_GRAMMAR, type Recipe } from './recipe.js';
import { readRecipeLines, type ReadLine } from './recipe-grammar.js';

export type RequestText = { readonly title: string; readonly body: string; readonly feedback: readonly string[] };

export type Understanding =
  | { readonly kind: 'understood'; readonly recipes: readonly Recipe[]; /** Lines read as description: not carried out. */ readonly leftOut: readonly string[] }
  | { readonly kind: 'notUnderstood'; readonly understood: readonly string[]; readonly message: string };

/** What the plan schema holds. */
const MAX_RECIPES = 200;
const MAX_LISTED = 10;

function shortened(text: string): string {
  const chars = [...text];
  return chars.length <= 120 ? text : `${chars.slice(0, 119).join('')}…`;
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, MAX_LISTED).join('; ');
  return items.length > MAX_LISTED ? `${shown}; and ${items.length - MAX_LISTED} more` : shown;
}

function wordsOn(line: ReadLine): string {
  const text = `“${shortened(line.text)}”`;
  return line.kind === 'nearMiss' ? `${text} (${line.problem})` : text;
}

function notUnderstood(lines: readonly ReadLine[], reason: string): Understanding {
  const understood = lines.flatMap((line) => (line.kind === 'recipe' ? [formatRecipe(line.recipe)] : []));
  const missed = lines.filter((line) => line.kind !== 'recipe').map(wordsOn);
  const parts = [
    `The offline model makes deterministic changes only. ${reason}`,
    understood.length > 0 ? `Understood: ${listed(understood.map((text) => `“${shortened(text.split('\n')[0] ?? '')}”`))}.` : 'Understood: nothing.',
    ...(missed.length > 0 ? [`Not understood: ${listed(missed)}.`] : []),
    `It understands, one per line: ${RECIPE_GRAMMAR.join(' | ')}.`,
  ];
  return { kind: 'notUnderstood', understood, message: parts.join(' ') };
}

function recipesIn(lines: readonly ReadLine[]): readonly Recipe[] {
  return lines.flatMap((line) => (line.kind === 'recipe' ? [line.recipe] : []));
}

function missingFrom(known: readonly Recipe[], recipes: readonly Recipe[]): readonly Recipe[] {
  const spelled = new Set(known.map(formatRecipe));
  return recipes.filter((recipe) => !spelled.has(formatRecipe(recipe)));
}

function readFeedback(texts: readonly string[]): Understanding {
  const lines = texts.flatMap((text) => readRecipeLines(text));
  const recipes = recipesIn(lines);
  if (lines.some((line) => line.kind === 'nearMiss')) return notUnderstood(lines, 'A line of the feedback cannot be read.');
  if (lines.length > 0 && recipes.length === 0) return notUnderstood(lines, 'The feedback holds no such change.');
  return { kind: 'understood', recipes, leftOut: lines.flatMap((line) => (line.kind === 'prose' ? [line.text] : [])) };
}

/**
 * The rule by which a request counts as understood:
 *
 * - Where the body holds a recipe, every non-empty line of the body must be one. The title is then a
 *   heading: prose is fine, a recipe that the body does not repeat is the first step.
 * - Where the body holds none, the title must be a recipe (a file's content may follow in the body), and
 *   prose in the body is a description: it is listed as left out, so that an approver sees it.
 * - A line that starts like a recipe and is none is refused, with the reason; in a title only where the
 *   body does not say what to do.
 * - Feedback adds its recipes after the request's. Feedback without any is refused.
 */
export function understandRequest({ title, body, feedback }: RequestText): Understanding {
  const bodyLines = readRecipeLines(body);
  const own = understandOwn(title, body, bodyLines);
  if (own.kind === 'notUnderstood') return own;
  const more = readFeedback(feedback);
  if (more.kind === 'notUnderstood') return more;
  // Feedback that a spec has taken in already comes again when the plan is written.
  const recipes = [...own.recipes, ...missingFrom(own.recipes, more.recipes)];
  if (recipes.length > MAX_RECIPES) return notUnderstood([], `One request may hold ${MAX_RECIPES} changes, not ${recipes.length}.`);
  return { kind: 'understood', recipes, leftOut: [...own.leftOut, ...more.leftOut] };
}

function understandOwn(title: string, body: string, bodyLines: readonly ReadLine[]): Understanding {
  // A title "add file x" takes its content from the body, so both are read as one text.
  const together = readRecipeLines(`${title}\n${body}`);
  const [heading, ...rest] = together;
  const ownsBlock = heading?.kind === 'recipe' && heading.recipe.kind === 'add';
  const lines = ownsBlock ? rest : bodyLines;
  const bodyRecipes = recipesIn(lines);
  const titleRecipes = heading?.kind === 'recipe' ? [heading.recipe] : [];
  const missed = lines.filter((line) => line.kind !== 'recipe');

  if (bodyRecipes.length > 0) {
    if (missed.length > 0) return notUnderstood(lines, 'Each line of the request must be such a change.');
    return {
      kind: 'understood',
      // A title that says the same as a line of the body is its heading, not one more step.
      recipes: [...missingFrom(bodyRecipes, titleRecipes), ...bodyRecipes],
      leftOut: [],
    };
  }
  if (titleRecipes.length === 0 || missed.some((line) => line.kind === 'nearMiss')) {
    return notUnderstood(together, 'The request must say it in these words.');
  }
  return { kind: 'understood', recipes: titleRecipes, leftOut: missed.map((line) => line.text) };
}

/**
 * What a further attempt adds to an earlier result. Stricter than for a revision: a failing check's log
 * comes the same way, and a line that a program printed must not become a change.
 */
export function understandFeedback(feedback: readonly string[]): Understanding {
  const lines = feedback.flatMap((text) => readRecipeLines(text));
  const recipes = recipesIn(lines);
  if (recipes.length === 0 || recipes.length < lines.length) return notUnderstood(lines, 'In a further attempt each line of the feedback must be such a change.');
  return { kind: 'understood', recipes, leftOut: [] };
}
