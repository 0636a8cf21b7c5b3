const MARK = '[redacted]';

/**
 * What looks like a secret in text. Each keeps what tells a reader what stood there. A part that may begin anywhere and
 * repeat has an upper bound: without one, a line of one long word takes time that grows with the square of its length.
 */
const PATTERNS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/([a-z][a-z0-9+.-]{0,30}:\/\/)[^/\s:@'"]*:[^/\s@'"]+@/gi, `$1${MARK}@`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{12,}/gi, `$1 ${MARK}`],
  [/\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g, MARK],
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,})/g, MARK],
  [/\bxox[abeoprs]-[\w-]{10,}/g, MARK],
  [/\b(?:sk|rk|pk)[-_](?:live|test|ant|proj|or)?[-_]?[\w-]{20,}/g, MARK],
  [/\bnpm_[A-Za-z0-9]{30,}/g, MARK],
  [/\bAIza[\w-]{35}/g, MARK],
  // One with a chain of certificates in its header is long, and then only looked for where a word begins.
  [/(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*/g, MARK],
  [/\beyJ[\w-]{8,4000}\.eyJ[\w-]{8,}\.[\w-]*/g, MARK],
  // Each word is looked at once, from its beginning.
  [/(?<![\w-])((?=[\w-]*(?:secret|token|passw(?:or)?d|api[_-]?key|access[_-]?key|private[_-]?key|credential))[\w-]+["']?\s*[=:]\s*["']?)(?!\[redacted\])[^\s"',;()]{8,}/gi, `$1${MARK}`],
];

const PEM_BEGIN = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const PEM_END = /-----END [A-Z ]*PRIVATE KEY-----/;
/** A longer line is looked at in pieces: waiting for its end would hold any amount of text. */
const MAX_LINE_CHARS = 65_536;
/** Shorter known values would blank ordinary words. */
const MIN_KNOWN_CHARS = 6;

/**
 * Takes secrets out of text that arrives in pieces. An unfinished line is held back, so that a secret cut in two is
 * still found.
 */
export class Redactor {
  private held = '';
  private isInsideKey = false;
  private readonly known: readonly string[];

  constructor(known: readonly string[] = []) {
    const lines = known.flatMap((value) => [value, ...value.split(/\r?\n/)]);
    this.known = [...new Set(lines)].filter((value) => value.length >= MIN_KNOWN_CHARS).sort((a, b) => b.length - a.length);
  }

  /** The finished lines of what came so far. */
  add(text: string): string {
    const all = this.held + text;
    const end = Math.max(all.lastIndexOf('\n') + 1, all.length - MAX_LINE_CHARS, 0);
    this.held = all.slice(end);
    return this.redact(all.slice(0, end));
  }

  /** What is held back, at the end or when nothing more came for a while. */
  flush(): string {
    const rest = this.held;
    this.held = '';
    return this.redact(rest);
  }

  private redact(text: string): string {
    const lines = text.split(/(?<=\n)/).map((line) => this.withoutKey(line)).join('');
    const named = this.known.reduce((result, value) => result.replaceAll(value, MARK), lines);
    return PATTERNS.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), named);
  }

  /** Private keys span lines: everything from their first line to their last is left out. */
  private withoutKey(line: string): string {
    if (this.isInsideKey) {
      const end = PEM_END.exec(line);
      if (!end) return '';
      this.isInsideKey = false;
      return line.slice(end.index + end[0].length);
    }
    const begin = PEM_BEGIN.exec(line);
    if (!begin) return line;
    const after = line.slice(begin.index + begin[0].length);
    const end = PEM_END.exec(after);
    this.isInsideKey = !end;
    return `${line.slice(0, begin.index)}${MARK}${end ? after.slice(end.index + end[0].length) : '\n'}`;
  }
}

export function redact(text: string, known: readonly string[] = []): string {
  const redactor = new Redactor(known);
  return redactor.add(text) + redactor.flush();
}
