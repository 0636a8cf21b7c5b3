import type { Spec } from '@countersign/domain';

import type { ChatRequest, ModelAnswer } from '../ports/language-model.port.js';
import { formatRecipe, quoted, type Recipe } from '../recipes/recipe.js';
import { understandRequest } from '../recipes/request-recipes.js';
import { cannot, giving } from './offline-answers.js';
import { goalOf, sectionText, sectionTexts } from './section-reader.js';

const MAX_CRITERIA = 99;
const MAX_TEXT_CHARS = 200;
const MAX_GOAL_BYTES = 65_536;

function short(text: string): string {
  const chars = [...text];
  return chars.length <= MAX_TEXT_CHARS ? text : `${chars.slice(0, MAX_TEXT_CHARS - 1).join('')}…`;
}

function where(glob: string | null): string {
  return glob === null ? 'the tracked text files' : `the tracked text files in ${short(glob)}`;
}

function criterion(recipe: Recipe): string {
  switch (recipe.kind) {
    case 'rename':
      return `No occurrence of ${recipe.from} is left as an identifier in ${where(recipe.glob)}; each one reads ${recipe.to}. In JavaScript and TypeScript, strings and comments stay as they are.`;
    case 'replace':
      return `Each occurrence of ${quoted(short(recipe.search))} in ${where(recipe.glob)} reads ${quoted(short(recipe.replacement))}.`;
    case 'add':
      return `The file ${short(recipe.path)} exists with exactly the content given.`;
    case 'delete':
      return `The file ${short(recipe.path)} is gone.`;
    case 'set':
      return `${short(recipe.path)} asks for ${recipe.name} ${short(recipe.version)}, and the lock file beside it, if there is one, says the same and holds a version that fits.`;
    case 'move':
      return `The file ${short(recipe.from)} is ${short(recipe.to)}, and each relative import of it or in it, in JavaScript and TypeScript, leads where it led.`;
    case 'insert':
      return `In ${short(recipe.path)} the text ${quoted(short(recipe.text))} stands right after ${quoted(short(recipe.anchor))}.`;
  }
}

function criteria(recipes: readonly Recipe[]): readonly string[] {
  const shown = recipes.slice(0, MAX_CRITERIA).map(criterion);
  const more = recipes.length - shown.length;
  return more > 0 ? [...shown, `The other ${more} changes of the goal are made as they are written.`] : shown;
}

function outOfScope(leftOut: readonly string[]): readonly string[] {
  const lines = leftOut.slice(0, 50).map((line) => `Read as description, not carried out: ${short(line)}`);
  return ['Anything that the goal does not name word for word.', 'Binary and very large files, symbolic links, submodules and Git LFS pointers.', ...lines];
}

/** The spec says the changes back in their one spelling; it adds nothing. */
export function specAnswer(request: ChatRequest): ModelAnswer {
  const title = sectionText(request, 'title').trim();
  const read = understandRequest({ title, body: sectionText(request, 'body'), feedback: sectionTexts(request, 'feedback') });
  if (read.kind === 'notUnderstood') return cannot('MODEL_CANNOT', read.message, read.understood);
  const goal = goalOf(title, read.recipes.map(formatRecipe));
  if (Buffer.byteLength(goal, 'utf8') > MAX_GOAL_BYTES) {
    return cannot('MODEL_CANNOT', `The request is too long for one specification (${MAX_GOAL_BYTES} bytes); split it into several requests.`);
  }
  const spec: Spec = { goal, acceptanceCriteria: criteria(read.recipes), outOfScope: outOfScope(read.leftOut) };
  return giving(spec);
}
