/** A deterministic change: the only thing the offline model can make. */
export type Recipe =
  | { readonly kind: 'rename'; readonly from: string; readonly to: string; readonly glob: string | null }
  | { readonly kind: 'replace'; readonly search: string; readonly replacement: string; readonly glob: string | null }
  | { readonly kind: 'add'; readonly path: string; readonly content: string }
  | { readonly kind: 'delete'; readonly path: string }
  | { readonly kind: 'set'; readonly name: string; readonly version: string; readonly path: string }
  | { readonly kind: 'move'; readonly from: string; readonly to: string }
  | { readonly kind: 'insert'; readonly text: string; readonly anchor: string; readonly path: string };

export const RECIPE_GRAMMAR: readonly string[] = [
  'rename <identifier> to <identifier> [in <glob>]',
  'replace "<text>" with "<text>" [in <glob>]',
  'add file <path>, followed by a block between ``` lines with its content',
  'delete file <path>',
  'set <package> to <version> in [<folder>/]package.json',
  'move file <path> to <path>',
  'insert "<text>" after "<text>" in <file>',
];

const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/** The quoted form: `\"`, `\\`, `\n`, `\t` and `\r` are the only escapes. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\\n\t\r]/g, (char) => ESCAPES[char] ?? char)}"`;
}

const BARE = /^[^\s"`\\:.,;“”„«»][^\s"`\\]*(?<![:.,;])$/u;

/** Bare where the grammar would read the same word back. */
function name(text: string): string {
  return BARE.test(text) ? text : quoted(text);
}

function within(glob: string | null): string {
  return glob === null ? '' : ` in ${name(glob)}`;
}

function fenceFor(content: string): string {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  return '`'.repeat(longest + 1);
}

/** The one spelling of a recipe; the grammar reads it back as the same recipe. */
export function formatRecipe(recipe: Recipe): string {
  switch (recipe.kind) {
    case 'rename':
      return `rename ${recipe.from} to ${recipe.to}${within(recipe.glob)}`;
    case 'replace':
      return `replace ${quoted(recipe.search)} with ${quoted(recipe.replacement)}${within(recipe.glob)}`;
    case 'add': {
      const fence = fenceFor(recipe.content);
      return `add file ${name(recipe.path)}\n${fence}\n${recipe.content}${fence}`;
    }
    case 'delete':
      return `delete file ${name(recipe.path)}`;
    case 'set':
      return `set ${name(recipe.name)} to ${name(recipe.version)} in ${name(recipe.path)}`;
    case 'move':
      return `move file ${name(recipe.from)} to ${name(recipe.to)}`;
    case 'insert':
      return `insert ${quoted(recipe.text)} after ${quoted(recipe.anchor)} in ${name(recipe.path)}`;
  }
}

const MAX_TITLE_CHARS = 160;

/** One line for people: long texts are shortened, file contents left out. */
export function titleOf(recipe: Recipe): string {
  const line = recipe.kind === 'add' ? `add file ${name(recipe.path)}` : formatRecipe(recipe);
  const chars = [...line];
  return chars.length <= MAX_TITLE_CHARS ? line : `${chars.slice(0, MAX_TITLE_CHARS - 1).join('')}…`;
}
