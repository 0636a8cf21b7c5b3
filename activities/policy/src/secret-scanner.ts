import { lintSource } from '@secretlint/core';
import { creator as recommendedRules } from '@secretlint/secretlint-rule-preset-recommend';

import type { PatchFile, PatchLine } from './patch-lines.js';

/** Where a secret stands; what it is stays out of every record. */
export type FoundSecret = { readonly kind: string; readonly line: number };

export interface SecretScanner {
  /** Secrets that touch an added line of the file, in order. */
  scan(file: PatchFile): Promise<readonly FoundSecret[]>;
}

const CONFIG = { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: recommendedRules }] };
/** The preset honours comments that switch it off. A change may not do that to its own scan; lengths stay. */
const DIRECTIVE = /secretlint-(?=disable|enable)/g;

/** Scans with the rules that secretlint recommends. */
export function secretlintScanner(): SecretScanner {
  return {
    scan: async ({ path, hunks }) => {
      // An empty line between hunks, so that no rule reads across a gap.
      const lines = hunks.flatMap((hunk): readonly (PatchLine | null)[] => [...hunk, null]);
      if (!lines.some((line) => line?.added)) return [];
      const content = lines.map((line) => line?.text ?? '').join('\n').replace(DIRECTIVE, 'secretlint_');
      const source = { filePath: path, ext: '', contentType: 'text' as const, content };
      const { messages } = await lintSource({ source, options: { config: CONFIG, maskSecrets: true } });
      return messages.flatMap(({ messageId, loc }): readonly FoundSecret[] => {
        const added = lines.slice(loc.start.line - 1, loc.end.line).find((line) => line?.added);
        return added ? [{ kind: messageId, line: added.line }] : [];
      });
    },
  };
}
