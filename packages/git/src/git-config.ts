import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import { replaceFile } from './replace-file.js';

export type Setting = readonly [section: string, name: string, value: string];

/**
 * Everything that git may read from outside a repository. `uploadpack.packObjectsHook` and `diff.external`
 * are left unset on purpose: git takes an empty value for a command to run, and only this file could set them.
 */
const SETTINGS: readonly Setting[] = [
  ['core', 'hooksPath', '/dev/null'],
  ['core', 'attributesFile', '/dev/null'],
  ['core', 'excludesFile', '/dev/null'],
  ['core', 'fsmonitor', 'false'],
  ['core', 'untrackedCache', 'false'],
  ['core', 'symlinks', 'true'],
  ['core', 'autocrlf', 'false'],
  ['core', 'safecrlf', 'false'],
  ['core', 'quotePath', 'false'],
  ['core', 'longpaths', 'true'],
  ['core', 'protectNTFS', 'true'],
  ['core', 'protectHFS', 'true'],
  // Two requests on one repository wait for each other's ref locks instead of failing.
  ['core', 'filesRefLockTimeout', '10000'],
  ['core', 'packedRefsTimeout', '10000'],
  ['user', 'useConfigOnly', 'true'],
  ['protocol', 'allow', 'never'],
  ['gc', 'auto', '0'],
  ['maintenance', 'auto', 'false'],
  ['init', 'defaultBranch', 'main'],
  ['submodule', 'recurse', 'false'],
  ['fetch', 'recurseSubmodules', 'false'],
  ['fetch', 'writeCommitGraph', 'false'],
  ['push', 'recurseSubmodules', 'no'],
  ['transfer', 'fsckObjects', 'true'],
  ['http', 'followRedirects', 'false'],
  ['credential', 'helper', ''],
  ['advice', 'detachedHead', 'false'],
  ['advice', 'addEmbeddedRepo', 'false'],
  ['merge', 'conflictStyle', 'merge'],
  ['diff', 'renames', 'false'],
  ['diff', 'noprefix', 'false'],
];

/** Faults that old, widely used histories carry and that harm nobody; the rest of fsck stays strict. */
const OLD_FAULTS = [
  'zeroPaddedFilemode',
  'badTimezone',
  'badEmail',
  'missingEmail',
  'missingNameBeforeEmail',
  'missingSpaceBeforeEmail',
  'missingSpaceBeforeDate',
  'zeroPaddedDate',
  'badFilemode',
  'gitattributesLineLength',
];

function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`;
}

function configText(safeDirectories: readonly string[], more: readonly Setting[]): string {
  const lines = [...SETTINGS, ...more].map(([section, name, value]) => `[${section}]\n\t${name} = ${quoted(value)}`);
  for (const side of ['fetch', 'receive']) {
    lines.push(`[${side} "fsck"]`, ...OLD_FAULTS.map((fault) => `\t${fault} = warn`));
  }
  lines.push(...safeDirectories.map((directory) => `[safe]\n\tdirectory = ${quoted(directory)}`));
  return `${lines.join('\n')}\n`;
}

/** Writes the only configuration outside a repository that our git reads; 0600, whole or not at all. */
export async function writeGitConfig(file: string, safeDirectories: readonly string[], more: readonly Setting[] = []): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await replaceFile(file, configText(safeDirectories, more), 0o600);
}

/**
 * For `info/attributes` of every repository of ours, where it wins over any `.gitattributes`: bytes go in and
 * out of git unchanged, and no driver named by a repository runs.
 */
export const NO_ATTRIBUTES = '* !text !eol !crlf !ident !filter !working-tree-encoding !diff !merge !export-subst !export-ignore !whitespace\n';
