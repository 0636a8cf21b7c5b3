import type { Skipped } from './recipe-tree.js';

const SHOWN = 5;
const WORDS: Readonly<Record<Skipped['reason'], string>> = {
  binary: 'not UTF-8 text',
  large: 'too large',
  link: 'symbolic links',
  missing: 'not in the workspace',
};

/** Names for a sentence; control characters escaped, so that a file name cannot fake a line. */
export function someOf(paths: readonly string[]): string {
  const shown = paths.slice(0, SHOWN).map((path) => (/^[\x20-\x7e\u00a0-\uffff]*$/.test(path) ? path : JSON.stringify(path)));
  return paths.length > SHOWN ? `${shown.join(', ')} and ${paths.length - SHOWN} more` : shown.join(', ');
}

/** One sentence for each reason that files were left alone. */
export function skippedNotes(skipped: readonly Skipped[]): readonly string[] {
  return (['binary', 'large', 'link', 'missing'] as const).flatMap((reason) => {
    const paths = skipped.filter((file) => file.reason === reason).map((file) => file.path);
    return paths.length === 0 ? [] : [`Skipped ${paths.length} (${WORDS[reason]}): ${someOf(paths)}.`];
  });
}
