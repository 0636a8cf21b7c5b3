import type { DiffFile } from '@countersign/domain';

import { shown, splitNul, type RawPath } from './git-path.js';

export type RawChange = {
  readonly path: RawPath;
  readonly oldMode: string;
  readonly newMode: string;
  readonly newObject: string;
  readonly status: string;
};

const CHANGES: Readonly<Record<string, DiffFile['change']>> = { A: 'add', D: 'delete', M: 'edit', T: 'edit' };

/** Options of every comparison: what is compared depends on the two trees and on nothing configured. */
export const DIFF_TREE = ['diff-tree', '-r', '--no-renames', '--no-ext-diff', '--no-textconv', '--no-color', '--full-index'] as const;

/** Output of `diff-tree -r -z --raw`, with or without `--numstat` after it. */
export function parseRawChanges(output: Buffer): { readonly changes: readonly RawChange[]; readonly rest: readonly string[] } {
  const parts = splitNul(output);
  const changes: RawChange[] = [];
  let at = 0;
  for (; parts[at]?.startsWith(':'); at += 2) {
    const [oldMode = '', newMode = '', , newObject = '', status = ''] = (parts[at] ?? '').slice(1).split(' ');
    changes.push({ path: parts[at + 1] ?? '', oldMode, newMode, newObject, status: status.charAt(0) });
  }
  return { changes, rest: parts.slice(at) };
}

/** `diff-tree -r -z --raw --numstat`: every changed file with its lines; binary files have none. */
export function parseDiffFiles(output: Buffer): readonly DiffFile[] {
  const { changes, rest } = parseRawChanges(output);
  const numbers = new Map<RawPath, readonly [string, string]>();
  for (const entry of rest) {
    const [added = '', removed = '', ...path] = entry.split('\t');
    numbers.set(path.join('\t'), [added, removed]);
  }
  return changes.map(({ path, status }) => {
    const [added, removed] = numbers.get(path) ?? ['0', '0'];
    return {
      path: shown(path),
      change: CHANGES[status] ?? 'edit',
      added: Number.parseInt(added, 10) || 0,
      removed: Number.parseInt(removed, 10) || 0,
      binary: added === '-',
    };
  });
}
