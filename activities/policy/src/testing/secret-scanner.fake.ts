import type { SecretScanner } from '../secret-scanner.js';

/** Takes every added line that holds `word` for a secret. */
export function fakeScanner(word = 'SECRET'): SecretScanner {
  return {
    scan: async ({ hunks }) =>
      hunks.flat().filter(({ added, text }) => added && text.includes(word)).map(({ line }) => ({ kind: 'FAKE', line })),
  };
}
