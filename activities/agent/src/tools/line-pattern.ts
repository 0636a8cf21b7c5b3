import { ToolRefusal } from './tool-protocol.js';

export type PatternArgs = { readonly pattern: string; readonly literal: boolean; readonly ignoreCase: boolean };

function compile(source: string, flags: string): RegExp | string {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Unicode first, for `\p{…}`; without it where a pattern escapes what need not be escaped, which ripgrep allows. */
function expressionOf(source: string, flags: string): RegExp {
  const unicode = compile(source, `${flags}u`);
  if (typeof unicode !== 'string') return unicode;
  const plain = compile(source, flags);
  if (typeof plain !== 'string') return plain;
  throw new ToolRefusal('INVALID_INPUT', `${unicode}. Set literal to true to look for the text as it is`);
}

/**
 * Whether a line holds the pattern.
 *
 * @throws ToolRefusal INVALID_INPUT where it is no regular expression, or spans lines.
 */
export function linePattern({ pattern, literal, ignoreCase }: PatternArgs): (line: string) => boolean {
  if (pattern === '') throw new ToolRefusal('INVALID_INPUT', '"pattern" must not be empty');
  if (/\n/.test(pattern) || (!literal && /(^|[^\\])(\\\\)*\\n/.test(pattern))) {
    throw new ToolRefusal('INVALID_INPUT', 'Search looks at one line at a time; give a pattern without a line end');
  }
  if (literal && !ignoreCase) return (line) => line.includes(pattern);
  const inline = /^\(\?i\)/.test(pattern) && !literal;
  const source = literal ? pattern.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&') : inline ? pattern.slice(4) : pattern;
  const expression = literal ? new RegExp(source, 'i') : expressionOf(source, ignoreCase || inline ? 'i' : '');
  return (line) => expression.test(line);
}
