import validRange from 'semver/ranges/valid.js';

import type { Recipe } from './recipe.js';
import { RecipeProblem, WordReader, type Word } from './word-reader.js';

/** One instruction-looking line and what became of it. */
export type ReadLine =
  | { readonly kind: 'recipe'; readonly text: string; readonly recipe: Recipe }
  /** Starts like a recipe and is none; `problem` says why. */
  | { readonly kind: 'nearMiss'; readonly text: string; readonly problem: string }
  | { readonly kind: 'prose'; readonly text: string };

const IDENTIFIER = /^[\p{ID_Start}_$][\p{ID_Continue}$\u200c\u200d]*$/u;
const MAX_NAME_CHARS = 1000;
const LIST_MARKER = /^\s{0,3}(?:[-*+]|\d{1,4}[.)])\s+/;
const STARTS_LIKE_RECIPE = /^(?:rename\s|replace\s|(?:add|create|delete|remove|move)\s+(?:the\s+)?file\b)/i;
/** "Set up the project" and "Insert a column" are prose. */
const STARTS_LIKE_SET = /^set\s+\S+\s+to\s/i;
const STARTS_LIKE_INSERT = /^insert\s*["“„«]/i;
const PACKAGE_NAME = /^(?:@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*$/;

function identifier(word: Word, what: string): string {
  // "rename a to b." is how people end a sentence; no identifier ends so.
  const value = word.form === 'bare' ? word.value.replace(/[.,;]$/, '') : word.value;
  if (value.length > MAX_NAME_CHARS) throw new RecipeProblem(`${what} is longer than ${MAX_NAME_CHARS} characters`);
  if (!IDENTIFIER.test(value)) {
    throw new RecipeProblem(`${what} must be an identifier (letters, digits, _ and $, not starting with a digit), not ${JSON.stringify(value)}`);
  }
  return value;
}

function path(reader: WordReader, what: string): string {
  const word = reader.takeWord(what);
  const { value } = word;
  if (value === '' || value.length > 4096) throw new RecipeProblem(`${what} must have 1 to 4096 characters`);
  if (word.form === 'bare' && /[:,;]$/.test(value)) {
    throw new RecipeProblem(`${what} ends with ${JSON.stringify(value.slice(-1))}; leave it out, or put the path in quotes if it belongs to it`);
  }
  const parts = value.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new RecipeProblem(`${what} must be relative to the repository, without empty, . or .. parts`);
  }
  if (value.includes('\0') || !value.isWellFormed()) throw new RecipeProblem(`${what} must be valid text`);
  if (parts.some((part) => part.toLowerCase() === '.git')) throw new RecipeProblem(`${what} must not lie inside .git`);
  return value;
}

function quotedText(reader: WordReader, what: string): string {
  const word = reader.takeWord(what);
  if (word.form !== 'quoted') throw new RecipeProblem(`${what} must stand in double quotes`);
  return word.value;
}

function globAndEnd(reader: WordReader): string | null {
  let glob: string | null = null;
  if (reader.takeKeyword('in')) {
    const { value } = reader.takeWord('the glob after "in"');
    if (value === '' || value.length > MAX_NAME_CHARS) throw new RecipeProblem(`the glob must have 1 to ${MAX_NAME_CHARS} characters`);
    glob = value;
  }
  if (!reader.isAtEnd()) throw new RecipeProblem(`${JSON.stringify(reader.rest().slice(0, 80))} at the end is not understood`);
  return glob;
}

function expectKeyword(reader: WordReader, keyword: string, after: string): void {
  if (!reader.takeKeyword(keyword)) throw new RecipeProblem(`"${keyword}" is missing after ${after}`);
}

function rename(reader: WordReader): Recipe {
  const from = identifier(reader.takeWord('the name to rename'), 'the name to rename');
  expectKeyword(reader, 'to', 'the name to rename');
  const to = identifier(reader.takeWord('the new name'), 'the new name');
  if (from === to) throw new RecipeProblem('both names are the same');
  return { kind: 'rename', from, to, glob: globAndEnd(reader) };
}

function replace(reader: WordReader): Recipe {
  const search = quotedText(reader, 'the text to replace');
  expectKeyword(reader, 'with', 'the text to replace');
  const replacement = quotedText(reader, 'the replacement');
  if (search === '') throw new RecipeProblem('the text to replace is empty');
  if (search === replacement) throw new RecipeProblem('both texts are the same');
  requirePlainText([search, replacement]);
  return { kind: 'replace', search, replacement, glob: globAndEnd(reader) };
}

function requirePlainText(texts: readonly string[]): void {
  if (texts.some((text) => !text.isWellFormed() || text.includes('\0'))) throw new RecipeProblem('the texts must be valid text without NUL');
}

function insert(reader: WordReader): Recipe {
  const text = quotedText(reader, 'the text to insert');
  expectKeyword(reader, 'after', 'the text to insert');
  const anchor = quotedText(reader, 'the text to insert after');
  if (text === '') throw new RecipeProblem('the text to insert is empty');
  if (anchor === '') throw new RecipeProblem('the text to insert after is empty');
  requirePlainText([text, anchor]);
  expectKeyword(reader, 'in', 'the text to insert after');
  return { kind: 'insert', text, anchor, path: file(reader) };
}

function set(reader: WordReader): Recipe {
  const { value: name } = reader.takeWord('the package');
  if (name.length > 214 || !PACKAGE_NAME.test(name)) throw new RecipeProblem(`${JSON.stringify(name.slice(0, 80))} is not the name of a package`);
  expectKeyword(reader, 'to', 'the package');
  const version = reader.takeWord('the version').value.trim();
  if (version === '' || version.length > MAX_NAME_CHARS || !/^[\x20-\x7e]+$/.test(version) || validRange(version) === null) {
    throw new RecipeProblem(`${JSON.stringify(version.slice(0, 80))} is not a version or a range of versions, such as 1.2.3, ^1.2.3 or ">=1.2 <3"`);
  }
  expectKeyword(reader, 'in', 'the version');
  const target = file(reader);
  if (!/(?:^|\/)package\.json$/.test(target)) throw new RecipeProblem('versions are set in a package.json only');
  return { kind: 'set', name, version, path: target };
}

function move(reader: WordReader): Recipe {
  const from = path(reader, 'the path to move');
  expectKeyword(reader, 'to', 'the path to move');
  const to = file(reader);
  if (from === to) throw new RecipeProblem('both paths are the same');
  return { kind: 'move', from, to };
}

function file(reader: WordReader): string {
  const found = path(reader, 'the path');
  if (!reader.isAtEnd()) {
    throw new RecipeProblem(`${JSON.stringify(reader.rest().slice(0, 80))} after the path is not understood; put a path with spaces in quotes`);
  }
  return found;
}

type Fence = { readonly content: string; readonly next: number };

/** The fenced block that starts at `from`, blank lines before it skipped; undefined where none does. */
function fencedBlock(lines: readonly string[], from: number): Fence | undefined {
  let at = from;
  while (lines[at]?.trim() === '') at += 1;
  const opening = /^([ \t]{0,12})(`{3,}|~{3,}(?!~))[^`]*$/.exec(lines[at] ?? '');
  if (!opening) return undefined;
  const [, indent = '', fence = ''] = opening;
  const closing = new RegExp(`^[ \\t]{0,12}${fence.charAt(0)}{${fence.length},}[ \\t]*$`);
  const end = lines.findIndex((line, index) => index > at && closing.test(line));
  if (end < 0) throw new RecipeProblem(`the block that starts with ${fence} is never closed`);
  const dedent = new RegExp(`^[ \\t]{0,${indent.length}}`);
  const inner = lines.slice(at + 1, end).map((line) => line.replace(dedent, ''));
  return { content: inner.map((line) => `${line}\n`).join(''), next: end + 1 };
}

type Step = { readonly recipe: Recipe; readonly next: number } | undefined;

function readRecipe(lines: readonly string[], at: number, line: string): Step {
  const reader = new WordReader(line);
  if (reader.takeKeyword('rename')) return { recipe: rename(reader), next: at + 1 };
  if (reader.takeKeyword('replace')) return { recipe: replace(reader), next: at + 1 };
  if (STARTS_LIKE_SET.test(line) && reader.takeKeyword('set')) return { recipe: set(reader), next: at + 1 };
  if (STARTS_LIKE_INSERT.test(line) && reader.takeKeyword('insert')) return { recipe: insert(reader), next: at + 1 };
  const verb = reader.takeKeyword('move') ? 'move' : reader.takeKeyword('add') ? 'add' : reader.takeKeyword('delete') ? 'delete' : undefined;
  if (!verb || !reader.takeKeyword('file')) return undefined;
  if (verb === 'move') return { recipe: move(reader), next: at + 1 };
  const target = file(reader);
  if (verb === 'delete') return { recipe: { kind: 'delete', path: target }, next: at + 1 };
  const block = fencedBlock(lines, at + 1);
  if (!block) throw new RecipeProblem('the content is missing: a block between ``` lines must follow');
  if (!block.content.isWellFormed() || block.content.includes('\0')) throw new RecipeProblem('the content must be valid text without NUL');
  return { recipe: { kind: 'add', path: target, content: block.content }, next: block.next };
}

function problemOf(error: unknown): string {
  if (error instanceof RecipeProblem) return error.message;
  throw error;
}

/**
 * Reads every non-empty line. A fenced block after `add file` belongs to that recipe; any other is prose.
 * Lines end with LF, CRLF or CR; added content always gets LF. Never throws.
 */
export function readRecipeLines(text: string): readonly ReadLine[] {
  const lines = text.split(/\r\n|\n|\r/);
  const found: ReadLine[] = [];
  for (let at = 0; at < lines.length; ) {
    const raw = lines[at] ?? '';
    const line = raw.replace(LIST_MARKER, '').trim();
    if (line === '') {
      at += 1;
      continue;
    }
    try {
      const step = readRecipe(lines, at, line);
      if (step) {
        found.push({ kind: 'recipe', text: line, recipe: step.recipe });
        at = step.next;
        continue;
      }
      found.push(STARTS_LIKE_RECIPE.test(line) ? { kind: 'nearMiss', text: line, problem: 'say "add file", "delete file" or "move file" and then the path' } : { kind: 'prose', text: line });
    } catch (error) {
      found.push({ kind: 'nearMiss', text: line, problem: problemOf(error) });
    }
    at += 1;
  }
  return found;
}
