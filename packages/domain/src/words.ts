/** A person's words other than a vote. Their text is stored by requests; only a row id travels in an Update. */
export const WORD_KINDS = ['comment', 'cancel', 'pause', 'resume', 'raiseBudget'] as const;
export type WordKind = (typeof WORD_KINDS)[number];

export type Word = { readonly id: string };

export function isWord(value: unknown): value is Word {
  if (typeof value !== 'object' || value === null) return false;
  const id = (value as Record<string, unknown>)['id'];
  return typeof id === 'string' && id.length > 0 && id.length <= 100;
}
