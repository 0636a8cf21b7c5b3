import { posix } from 'node:path';

import { isCiOrDependencyFile, type DiffFile, type Facts } from '@countersign/domain';
import type { Inspection } from '@countersign/git';

import { BoundedFindings } from './bounded-findings.js';
import { lineFinding } from './line-rules.js';
import { patchFiles, type PatchFile } from './patch-lines.js';
import type { SecretScanner } from './secret-scanner.js';

export type Change = {
  readonly headCommit: string;
  readonly patch: Buffer;
  readonly files: readonly DiffFile[];
  readonly inspection: Inspection;
  readonly pathsOutsidePlan: readonly string[];
  readonly maxDiffLines: number;
};

/** Measures a change and decides nothing. The same change has the same result. */
export async function measureChange(change: Change, scanner: SecretScanner, onProgress: (step: string) => void): Promise<Facts['measure']> {
  const { headCommit, files, pathsOutsidePlan } = change;
  const findings = new BoundedFindings();
  for (const path of pathsOutsidePlan) {
    findings.add({ rule: 'path', severity: 'blocking', message: 'The plan does not allow this file to change', path, line: null });
  }
  addDangers(findings, change.inspection);
  for (const file of patchFiles(change.patch)) {
    await addLineFindings(findings, file, scanner);
    onProgress('measure: lines');
  }
  const ciOrDependencyFiles = files.map(({ path }) => path).filter(isCiOrDependencyFile);
  for (const path of ciOrDependencyFiles) {
    findings.add({ rule: 'ci-file', severity: 'warning', message: 'A file that decides builds, deployment or dependencies changes', path, line: null });
  }
  for (const { path } of files.filter(({ binary, change: kind }) => binary && kind !== 'delete')) {
    findings.add({ rule: 'binary', severity: 'warning', message: 'A binary file: its content was not looked at', path, line: null });
  }
  const addedLines = files.reduce((sum, { added }) => sum + added, 0);
  const removedLines = files.reduce((sum, { removed }) => sum + removed, 0);
  addSize(findings, addedLines + removedLines, change.maxDiffLines);
  const secrets = findings.countOf('secret');
  return { headCommit, addedLines, removedLines, files, pathsOutsidePlan, secrets, ciOrDependencyFiles, findings: findings.all() };
}

async function addLineFindings(findings: BoundedFindings, file: PatchFile, scanner: SecretScanner): Promise<void> {
  const { path, hunks } = file;
  for (const { kind, line } of await scanner.scan(file)) {
    findings.add({ rule: 'secret', severity: 'blocking', message: `An added line holds what looks like a secret (${kind})`, path, line });
  }
  for (const hunk of hunks) {
    for (const { text, line, added } of hunk) {
      const finding = added ? lineFinding(path, text, line) : undefined;
      if (finding) findings.add(finding);
    }
  }
}

function addDangers(findings: BoundedFindings, { gitlinks, devices, nonUtf8, oversized, symlinks, nested }: Inspection): void {
  const block = (rule: string, message: string, path: string): void => findings.add({ rule, severity: 'blocking', message, path, line: null });
  for (const path of gitlinks) block('gitlink', 'A submodule changes', path);
  for (const path of devices) block('device', 'A device, pipe, socket or reserved name cannot be part of a change', path);
  for (const path of nonUtf8) block('file-name', 'The file name is not UTF-8', path);
  for (const { path, bytes } of oversized) block('file-size', `The file takes ${(bytes / 1024 / 1024).toFixed(1)} MB; 10 MB is the most`, path);
  for (const { path, target } of symlinks.filter(leavesRepository)) block('symlink', `The link leaves the repository: ${JSON.stringify(target.slice(0, 200))}`, path);
  for (const path of nested) {
    findings.add({ rule: 'nested-repository', severity: 'warning', message: 'A repository inside the tree was left out', path, line: null });
  }
}

function leavesRepository({ path, target }: Inspection['symlinks'][number]): boolean {
  if (target.startsWith('/')) return true;
  const resolved = posix.normalize(posix.join(posix.dirname(path), target));
  return resolved === '..' || resolved.startsWith('../');
}

function addSize(findings: BoundedFindings, lines: number, maxDiffLines: number): void {
  if (lines <= maxDiffLines) return;
  findings.add({ rule: 'size', severity: 'warning', message: `${lines} lines change; the project's mark is ${maxDiffLines}`, path: null, line: null });
}
