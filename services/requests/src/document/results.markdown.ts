import type { CheckResult, Facts, Finding } from '@countersign/domain';

import { code, prose } from './visible-text.js';

const STATUS: Readonly<Record<CheckResult['status'], string>> = {
  passed: 'passed',
  failed: '**failed**',
  failedBefore: 'failed on the base commit already',
  notRun: '**not run**',
  notConfigured: 'not configured',
};

export function checksMarkdown(checks: Facts['checks'], measure?: Facts['measure']): string {
  const lines = checks.results.map(
    ({ name, status, exitCode, note }) =>
      `- ${name}: ${STATUS[status]}${exitCode === null ? '' : ` (exit ${exitCode})`}${note === '' ? '' : `: ${prose(note)}`}`,
  );
  const parts = [`## Checks of ${code(checks.commit)}: ${checks.verdict}`, lines.join('\n') || '*No check is configured*'];
  if (measure) parts.push(measureMarkdown(measure));
  return parts.join('\n\n');
}

function measureMarkdown(measure: Facts['measure']): string {
  const { addedLines, removedLines, files, pathsOutsidePlan, secrets, ciOrDependencyFiles, findings } = measure;
  return [
    '## Measured',
    [
      `- ${files.length} files, +${addedLines} −${removedLines} lines`,
      `- Paths outside the plan: ${pathsOutsidePlan.length === 0 ? 'none' : pathsOutsidePlan.map(code).join(', ')}`,
      `- Secrets: ${secrets}`,
      `- CI and dependency files: ${ciOrDependencyFiles.length === 0 ? 'none' : ciOrDependencyFiles.map(code).join(', ')}`,
    ].join('\n'),
    findingsMarkdown(findings),
  ].join('\n\n');
}

export function reviewMarkdown(review: Facts['review']): string {
  return `## Review by ${prose(review.reviewer)} of ${code(review.headCommit)}\n\n${findingsMarkdown(review.findings)}`;
}

export function findingsMarkdown(findings: readonly Finding[]): string {
  if (findings.length === 0) return '*No findings*';
  return findings
    .map(({ severity, rule, message, path, line }) => {
      const place = path === null ? '' : ` ${code(line === null ? path : `${path}:${line}`)}`;
      return `- ${severity} ${code(rule)}${place}: ${prose(message)}`;
    })
    .join('\n');
}
