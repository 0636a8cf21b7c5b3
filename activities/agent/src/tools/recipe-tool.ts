import { readRecipeLines } from '../recipes/recipe-grammar.js';
import { formatRecipe, titleOf, type Recipe } from '../recipes/recipe.js';
import { insertText } from './insert-text.js';
import { moveFile } from './move-file.js';
import type { RecipeTree } from './recipe-tree.js';
import { setDependency } from './set-dependency.js';
import { renameIdentifier, replaceText, type Changes } from './text-changes.js';
import { ToolRefusal, type RecipeOutcome, type RecipeValue } from './tool-protocol.js';

function oneRecipe(instruction: string): Recipe {
  const [line, ...more] = readRecipeLines(instruction);
  if (line?.kind !== 'recipe' || more.length > 0) {
    const why = line?.kind === 'nearMiss' ? `: ${line.problem}` : '';
    throw new ToolRefusal('MODEL_CANNOT', `Not one recipe: ${JSON.stringify(instruction.slice(0, 200))}${why}`);
  }
  return line.recipe;
}

function change(tree: RecipeTree, recipe: Recipe): Changes {
  switch (recipe.kind) {
    case 'rename':
      return renameIdentifier(tree, recipe);
    case 'replace':
      return replaceText(tree, recipe);
    case 'add':
      tree.requireFree(recipe.path);
      tree.write(recipe.path, recipe.content);
      return { files: [{ path: recipe.path, change: 'add' }], notes: [] };
    case 'delete':
      tree.requireOutsideSubmodules(recipe.path);
      if (!tree.isTracked(recipe.path)) throw new ToolRefusal('NOT_FOUND', `${recipe.path} is not a tracked file, so there is nothing to delete`);
      if (tree.isPointer(recipe.path)) throw new ToolRefusal('PLAN_TOUCHES_LFS', `${recipe.path} is a Git LFS pointer and stays untouched`);
      tree.delete(recipe.path);
      return { files: [{ path: recipe.path, change: 'delete' }], notes: [] };
    case 'set':
      return setDependency(tree, recipe);
    case 'move':
      return moveFile(tree, recipe);
    case 'insert':
      return insertText(tree, recipe);
  }
}

function outcomeOf(tree: RecipeTree, instruction: string): RecipeOutcome {
  try {
    const recipe = oneRecipe(instruction);
    return { ok: true, instruction: formatRecipe(recipe), title: titleOf(recipe), ...change(tree, recipe) };
  } catch (error) {
    if (error instanceof ToolRefusal) return { ok: false, instruction, code: error.code, message: error.message };
    throw error;
  }
}

/**
 * Makes recipes one after the other, each on what the earlier ones left. All or nothing: with a refusal,
 * or where `dryRun` is set, the workspace stays as it was.
 */
export function runRecipes(tree: RecipeTree, instructions: readonly string[], dryRun: boolean): RecipeValue {
  const outcomes: RecipeOutcome[] = [];
  for (const instruction of instructions) {
    const outcome = outcomeOf(tree, instruction);
    outcomes.push(outcome);
    if (!outcome.ok) return { outcomes };
  }
  if (!dryRun) tree.flush();
  return { outcomes };
}
