import type { BundleVerdict } from './bundle.js';

const HEADS = {
  verified: 'Verified: the bundle holds under the pinned root key.',
  'self-consistent': "Not verified: the bundle is consistent, but only with its own keys. Compare the root's fingerprint with the one you were given.",
  failed: 'Does not hold.',
} as const;

/** What a verdict says, for people. */
export function verdictText({ result, fault, rootFingerprint, origin, size, entries, decisions, notes }: BundleVerdict): string {
  if (fault) return `${HEADS[result]}\nFirst fault: ${fault.code} at ${fault.where}\n${fault.message}.\n`;
  return [
    HEADS[result],
    `Root key (SHA-256): ${rootFingerprint}`,
    `Log: ${origin}, ${size} entries, ${entries} of them in the bundle`,
    ...decisions.map((one) => `Entry ${one.index}: ${one.verdict} ${one.gate} revision ${one.revision} of ${one.request} by ${one.actorKind} ${one.actor} at ${one.at}, subject ${one.digest}`),
    ...notes.map((note) => `Note: ${note}`),
    '',
  ].join('\n');
}
