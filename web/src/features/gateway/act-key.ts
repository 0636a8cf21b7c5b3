/** The codes after which nobody here knows whether the act was carried out, besides those of something that is away. */
const LEAVES_OPEN: ReadonlySet<string> = new Set(['DEADLINE_EXCEEDED', 'CONFLICT', 'INTERNAL']);

/** The Idempotency-Key of one form: the same words pressed twice, or again after an answer that was lost, are one act. */
export class ActKey {
  private held: { readonly words: string; readonly key: string } | undefined;

  of(words: unknown): string {
    const text = JSON.stringify(words);
    if (this.held?.words !== text) this.held = { words: text, key: crypto.randomUUID() };
    return this.held.key;
  }

  /** After an answer that stands, the same words are another act. */
  answered(code?: string | null): void {
    if (!code || !(LEAVES_OPEN.has(code) || code.endsWith('_UNAVAILABLE'))) this.held = undefined;
  }
}
