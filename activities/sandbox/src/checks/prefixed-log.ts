/** Appends text line by line, each with a prefix, in order; a line is complete only with its end. */
export class PrefixedLog {
  #rest = '';
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: { append(text: string): Promise<void> },
    private readonly prefix: string,
  ) {}

  write(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (lines.length > 0) this.#append(lines);
  }

  /** @throws what an append failed with. */
  async flush(): Promise<void> {
    if (this.#rest !== '') this.#append([this.#rest]);
    this.#rest = '';
    await this.#last;
  }

  #append(lines: readonly string[]): void {
    const text = lines.map((line) => `${this.prefix}${line}\n`).join('');
    this.#last = this.#last.then(() => this.log.append(text));
    // `flush` reports it; until then nobody listens.
    this.#last.catch(() => undefined);
  }
}
