import { runInNewContext } from 'node:vm';

import { filesOf, globsOf, isSearchable, type Args, type Workspace } from './file-selection.js';
import { flagArg, numberArg, textArg } from './tool-args.js';
import { linePattern } from './line-pattern.js';
import { isText } from './text-file.js';
import { cutLine, linesOf } from './text-lines.js';
import type { ToolAnswer } from './tool-protocol.js';

const DEFAULT_MATCHES = 100;
/** Of the kept answer; a pattern that matches everything must not fill memory. */
const MAX_MATCHES = 5000;
const MAX_CONTEXT = 10;
const MAX_LINE_CHARS = 300;
/** Longer lines are generated text; a pattern is tried on their beginning only. */
const MAX_TRIED_CHARS = 5000;
const DEFAULT_TIMEOUT_MS = 20_000;

type Found = { readonly path: string; readonly lines: readonly string[]; readonly hits: readonly number[] };

function blockOf({ path, lines, hits }: Found, shown: number, context: number): string {
  const marked = new Set(hits.slice(0, shown));
  const visible = new Set([...marked].flatMap((hit) => Array.from({ length: 2 * context + 1 }, (_, at) => hit - context + at)));
  const rows: string[] = [path];
  let previous: number | undefined;
  for (const at of [...visible].filter((line) => line >= 0 && line < lines.length).sort((a, b) => a - b)) {
    if (context > 0 && previous !== undefined && at > previous + 1) rows.push('--');
    rows.push(`${at + 1}${marked.has(at) ? ':' : '-'}${cutLine((lines[at] ?? '').replace(/\r$/, ''), MAX_LINE_CHARS)}`);
    previous = at;
  }
  return rows.join('\n');
}

function render(found: readonly Found[], maxMatches: number, context: number): string {
  let left = maxMatches;
  const blocks: string[] = [];
  for (const file of found) {
    if (left <= 0) break;
    blocks.push(blockOf(file, left, context));
    left -= file.hits.length;
  }
  return blocks.join('\n\n');
}

type Scan = { readonly found: Found[]; matches: number; at: string; stopped: string };

function scan(workspace: Workspace, args: Args, matches: (line: string) => boolean, so: Scan): void {
  for (const path of filesOf(workspace, globsOf(args), flagArg(args, 'ignored'))) {
    so.at = path;
    if (!isSearchable(workspace, path)) continue;
    const bytes = workspace.files.read(path);
    if (!bytes || !isText(bytes)) continue;
    const lines = linesOf(bytes.toString('utf8'));
    const hits: number[] = [];
    for (const [index, line] of lines.entries()) {
      if (matches(line.slice(0, MAX_TRIED_CHARS))) hits.push(index);
      if (so.matches + hits.length >= MAX_MATCHES) break;
    }
    so.matches += hits.length;
    if (hits.length > 0) so.found.push({ path, lines, hits });
    if (so.matches >= MAX_MATCHES) {
      so.stopped = ', and stopped there';
      return;
    }
  }
}

/** An expression may take for ever on one line, and only a context of its own can be ended in the middle of it. */
function scanInTime(workspace: Workspace, args: Args, matches: (line: string) => boolean): Scan {
  const so: Scan = { found: [], matches: 0, at: '', stopped: '' };
  try {
    runInNewContext('scan()', { scan: () => scan(workspace, args, matches, so) }, { timeout: workspace.searchTimeoutMs ?? DEFAULT_TIMEOUT_MS });
  } catch (error) {
    const isLate = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    if (!isLate) throw error;
    so.stopped = `, and ran out of time in ${so.at}: the pattern is too costly there`;
  }
  return so;
}

/** Lines that match, by file, with their numbers; like ripgrep, tracked text files only unless told. */
export function search(workspace: Workspace, args: Args): ToolAnswer {
  const matches = linePattern({ pattern: textArg(args, 'pattern'), literal: flagArg(args, 'literal'), ignoreCase: flagArg(args, 'ignoreCase') });
  const context = Math.min(MAX_CONTEXT, numberArg(args, 'context', 0));
  const maxMatches = Math.max(1, Math.min(MAX_MATCHES, numberArg(args, 'maxMatches', DEFAULT_MATCHES)));
  const result = scanInTime(workspace, args, matches);
  const heading = `${result.matches} ${result.matches === 1 ? 'match' : 'matches'} in ${result.found.length} ${result.found.length === 1 ? 'file' : 'files'}${result.stopped}`;
  if (result.matches === 0) return { ok: true, value: heading };
  if (result.matches <= maxMatches) return { ok: true, value: `${heading}\n\n${render(result.found, maxMatches, context)}` };
  const value = `${heading}; the first ${maxMatches} are shown\n\n${render(result.found, maxMatches, context)}`;
  return { ok: true, value, full: `${heading}\n\n${render(result.found, MAX_MATCHES, context)}` };
}
