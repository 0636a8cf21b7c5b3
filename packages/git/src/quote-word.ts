/** A word for a command that a person types; single quotes only where a shell would read it otherwise. */
export function quoteWord(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) && !word.startsWith('-') ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
