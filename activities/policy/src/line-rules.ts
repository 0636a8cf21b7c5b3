import type { Finding } from '@countersign/domain';

const CONFLICT_MARKER = /^(?:<{7}|>{7}|\|{7})(?: |$)/;

const JS = /(?<![\w.$])(?:console\.(?:log|debug|trace)\s*\(|debugger(?![\w$:=(.]))/;
const PYTHON = /(?<![\w.])(?:print|breakpoint|pdb\.set_trace)\s*\(/;
const PHP = /(?<![\w$>])(?:var_dump|print_r|dd)\s*\(/;
const RUBY = /(?<![\w.])(?:binding\.(?:pry|irb)|byebug)(?!\w)/;
const RUST = /(?<!\w)dbg!\s*[([{]/;

const DEBUG_BY_EXTENSION: Readonly<Record<string, RegExp>> = {
  js: JS, jsx: JS, mjs: JS, cjs: JS, ts: JS, tsx: JS, mts: JS, cts: JS, vue: JS, svelte: JS,
  py: PYTHON,
  php: PHP,
  rb: RUBY, rake: RUBY, erb: RUBY,
  rs: RUST,
};

/** What an added line by itself says: conflict markers in any file, left-over debug statements by language. */
export function lineFinding(path: string, text: string, line: number): Finding | undefined {
  if (CONFLICT_MARKER.test(text)) {
    return { rule: 'conflict-marker', severity: 'blocking', message: 'A conflict marker is left in an added line', path, line };
  }
  const extension = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  const debug = Object.hasOwn(DEBUG_BY_EXTENSION, extension) ? DEBUG_BY_EXTENSION[extension] : undefined;
  if (!debug?.test(text)) return undefined;
  return { rule: 'debug-statement', severity: 'warning', message: 'A debug statement is left in an added line', path, line };
}
