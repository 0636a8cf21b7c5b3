import { hasBlocking, isModelFinding, type CheckResult, type Facts, type Finding, type ProjectSettings } from '@countersign/domain';

function findingOf({ name, status, exitCode, note }: CheckResult): Finding | undefined {
  const told = (severity: Finding['severity'], message: string): Finding => ({
    rule: name,
    severity,
    message: note === '' ? message : `${message}: ${note}`,
    path: null,
    line: null,
  });
  switch (status) {
    case 'passed':
      return undefined;
    case 'failed':
      return told('blocking', `The ${name} command failed${exitCode === null ? '' : ` with exit code ${exitCode}`}`);
    case 'failedBefore':
      return told('warning', `The ${name} command fails, as it does without the change`);
    case 'notRun':
      return told('warning', `The ${name} command did not run`);
    case 'notConfigured':
      return told('info', `No ${name} command is configured`);
  }
}

/** What our rules found sends the work back; what a model found does so only where the project says it may. */
export function isBlocked(findings: readonly Finding[], { reviewBlocks }: Pick<ProjectSettings, 'reviewBlocks'>): boolean {
  return hasBlocking(findings.filter((finding) => reviewBlocks || !isModelFinding(finding)));
}

/** Everything that was measured of a head commit, as findings, a model's last; measuring itself happened elsewhere. */
export function reviewFindings(
  checks: Facts['checks'] | undefined,
  measure: Facts['measure'] | undefined,
  model?: Facts['modelReview'],
): readonly Finding[] {
  const missing: Finding[] = [
    ...(checks ? [] : [{ rule: 'test', severity: 'warning', message: 'This commit was not checked', path: null, line: null } as const]),
    ...(measure ? [] : [{ rule: 'measure', severity: 'warning', message: 'This commit was not measured', path: null, line: null } as const]),
  ];
  const measured = measure?.findings ?? [];
  const outside = (measure?.pathsOutsidePlan ?? []).filter((path) => !measured.some((finding) => finding.rule === 'path' && finding.path === path));
  return [
    ...missing,
    ...(checks?.results ?? []).flatMap((result) => findingOf(result) ?? []),
    ...measured,
    ...outside.map((path): Finding => ({ rule: 'path', severity: 'blocking', message: 'This file is not in the plan', path, line: null })),
    ...(model?.findings ?? []),
  ];
}
