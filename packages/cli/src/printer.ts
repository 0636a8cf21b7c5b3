import type { CliError } from './cli-error.js';
import { escapeText } from './escape-text.js';
import type { Io } from './io.js';

const COLOURS = { green: 32, yellow: 33, red: 31, dim: 2, bold: 1 } as const;
export type Colour = keyof typeof COLOURS;

/** Where a command's words go: the answer to stdout, everything else to stderr. */
export class Printer {
  constructor(
    private readonly io: Io,
    readonly isJson: boolean,
  ) {}

  /** Either the document or, for a person, the text. */
  answer(document: unknown, text: () => string): void {
    this.io.stdout.write(this.isJson ? `${JSON.stringify(document, null, 2)}\n` : text());
  }

  /** One of many: a line of JSON or, for a person, the text as it is. */
  line(document: unknown, text: () => string): void {
    this.io.stdout.write(this.isJson ? `${JSON.stringify(document)}\n` : text());
  }

  /** Progress and advice. */
  note(text: string): void {
    this.io.stderr.write(`${escapeText(text)}\n`);
  }

  failure(error: CliError): void {
    const { code, message, field } = error;
    if (this.isJson) this.io.stdout.write(`${JSON.stringify({ error: { code, message, ...(field ? { field } : {}) } }, null, 2)}\n`);
    this.io.stderr.write(`${this.coloured('red', code, this.io.stderr.isTty)}: ${escapeText(message)}\n`);
  }

  colour(name: Colour, text: string): string {
    return this.coloured(name, text, this.io.stdout.isTty);
  }

  private coloured(name: Colour, text: string, isTty: boolean): string {
    const isOn = isTty && !this.isJson && !this.io.env['NO_COLOR'] && this.io.env['TERM'] !== 'dumb';
    return isOn ? `\u001b[${COLOURS[name]}m${text}\u001b[0m` : text;
  }
}
