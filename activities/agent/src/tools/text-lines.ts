/** A text as lines without their ends; the end of the last line makes no further one. */
export function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Cuts one line, and says so in it. */
export function cutLine(line: string, maxChars: number): string {
  return line.length <= maxChars ? line : `${line.slice(0, maxChars)}… (${line.length - maxChars} more characters in this line)`;
}

export type LineRange = {
  readonly fromLine?: number | undefined;
  readonly toLine?: number | undefined;
  /** Shows each line from this character on, for lines that are too long to be shown whole. */
  readonly fromColumn?: number | undefined;
};

const MAX_LINES = 2000;
const MAX_CHARS = 64 * 1024;
const MAX_LINE_CHARS = 2000;

/** Numbered lines of a text: as many as fit, a heading that says which, and how to read on. */
export function numberedLines(name: string, text: string, range: LineRange = {}): string {
  const lines = linesOf(text);
  const from = Math.max(1, range.fromLine ?? 1);
  const column = Math.max(1, range.fromColumn ?? 1) - 1;
  const last = Math.min(range.toLine ?? lines.length, lines.length);
  if (lines.length === 0) return `${name} is empty`;
  if (from > last) return `${name} has ${lines.length} lines; there is nothing in lines ${from} to ${range.toLine ?? from}`;
  const shown: string[] = [];
  let chars = 0;
  for (let at = from; at <= last && shown.length < MAX_LINES; at += 1) {
    const line = `${at}\t${cutLine((lines[at - 1] ?? '').replace(/\r$/, '').slice(column), MAX_LINE_CHARS)}`;
    chars += line.length + 1;
    if (chars > MAX_CHARS && shown.length > 0) break;
    shown.push(line);
  }
  const end = from + shown.length - 1;
  const heading = `${name}, lines ${from}-${end} of ${lines.length}${text.includes('\r\n') ? ', which end with CRLF' : ''}`;
  const rest = end < last ? [`(lines ${end + 1}-${last} are not shown; read on with fromLine ${end + 1})`] : [];
  const open = end === lines.length && !text.endsWith('\n') ? ['(no line end after the last line)'] : [];
  return [heading, ...shown, ...rest, ...open].join('\n');
}
