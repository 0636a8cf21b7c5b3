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

export function reviewMarkdown(review: Facts['review'] | undefined, model?: Facts['modelReview']): string {
  const parts: string[] = [];
  if (review) parts.push(`## Review by ${prose(review.reviewer)} of ${code(review.headCommit)}`, findingsMarkdown(review.findings));
  if (model) parts.push(`## ${review ? 'What the model read' : `Review by the model ${code(model.reviewer)} of ${code(model.headCommit)}`}`, passesMarkdown(model));
  if (model && !review) parts.push(findingsMarkdown(model.findings));
  return parts.join('\n\n');
}

function passesMarkdown({ reviewer, passes }: Facts['modelReview']): string {
  const lines = passes.map(({ name, findings, error }) => `- ${prose(name)}: ${findings} ${findings === 1 ? 'finding' : 'findings'}${error === null ? '' : `; **${prose(error)}**`}`);
  return [`Passes of ${code(reviewer)}. What a model finds blocks nothing unless the project says so.`, lines.join('\n')].join('\n\n');
}

export function findingsMarkdown(findings: readonly Finding[]): string {
  if (findings.length === 0) return '*No findings*';
  return findings
    .map(({ severity, rule, message, path, line, confidence }) => {
      const place = path === null ? '' : ` ${code(line === null ? path : `${path}:${line}`)}`;
      const sure = confidence === undefined ? '' : ` (model, ${confidence} % sure)`;
      return `- ${severity} ${code(rule)}${place}${sure}: ${prose(message)}`;
    })
    .join('\n');
}
