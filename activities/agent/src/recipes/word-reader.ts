export type Word = { readonly value: string; readonly form: 'bare' | 'quoted' | 'backticked' };

/** What is wrong with a line, in words for the person who wrote it. */
export class RecipeProblem extends Error {
  override readonly name = 'RecipeProblem';
}

const ESCAPED: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', n: '\n', t: '\t', r: '\r' };

/** Reads a recipe line word by word. Typographic quotes are refused rather than guessed at. */
export class WordReader {
  private at = 0;

  constructor(private readonly line: string) {}

  isAtEnd(): boolean {
    this.skipSpace();
    return this.at >= this.line.length;
  }

  rest(): string {
    this.skipSpace();
    return this.line.slice(this.at);
  }

  /** Takes the keyword where it comes next, in any case. */
  takeKeyword(keyword: string): boolean {
    this.skipSpace();
    const after = this.at + keyword.length;
    if (this.line.slice(this.at, after).toLowerCase() !== keyword) return false;
    if (after < this.line.length && !/[\s"`“”]/.test(this.line.charAt(after))) return false;
    this.at = after;
    return true;
  }

  /** @throws RecipeProblem where no word, or a broken quoted one, comes next. */
  takeWord(what: string): Word {
    this.skipSpace();
    const next = this.line.charAt(this.at);
    if (next === '') throw new RecipeProblem(`${what} is missing`);
    if (next === '"') return this.quotedWord(what);
    if (next === '`') return this.backtickedWord(what);
    if (/[“”„«»]/.test(next)) throw new RecipeProblem(`${what} stands in typographic quotes; use straight ones: "`);
    const [value = ''] = /^[^\s]+/.exec(this.line.slice(this.at)) ?? [];
    this.at += value.length;
    return { value, form: 'bare' };
  }

  private quotedWord(what: string): Word {
    let value = '';
    for (let index = this.at + 1; index < this.line.length; index += 1) {
      const char = this.line.charAt(index);
      if (char === '"') {
        this.at = index + 1;
        return { value, form: 'quoted' };
      }
      if (char !== '\\') {
        value += char;
        continue;
      }
      index += 1;
      const escaped = ESCAPED[this.line.charAt(index)];
      if (escaped === undefined) {
        throw new RecipeProblem(`${what} has the unknown escape \\${this.line.charAt(index)}; known are \\" \\\\ \\n \\t \\r`);
      }
      value += escaped;
    }
    throw new RecipeProblem(`${what} has no closing quote; a quote inside is written \\"`);
  }

  private backtickedWord(what: string): Word {
    const end = this.line.indexOf('`', this.at + 1);
    if (end < 0) throw new RecipeProblem(`${what} has no closing backtick`);
    const value = this.line.slice(this.at + 1, end);
    this.at = end + 1;
    return { value, form: 'backticked' };
  }

  private skipSpace(): void {
    while (this.at < this.line.length && /\s/.test(this.line.charAt(this.at))) this.at += 1;
  }
}
