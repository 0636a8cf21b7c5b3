import { type Gate, isModelFinding, SEVERITIES, type Severity } from '@countersign/domain';

import type { PolicyQuestion, PolicyVerdict } from '../people/projects.port.js';
import type { FactsUsed } from './facts-used.js';

/** A model's findings are no facts to a policy, unless the project lets them block. */
export function policyFactsOf({ checks, measure, review, modelReview, plan }: FactsUsed, reviewBlocks = false): PolicyQuestion['facts'] {
  const all = [...(measure?.data.findings ?? []), ...(review?.data.findings ?? []), ...(modelReview?.data.findings ?? [])];
  const findings = all.filter((finding) => reviewBlocks || !isModelFinding(finding));
  return {
    checks: checks?.data.verdict ?? null,
    changedLines: measure ? measure.data.addedLines + measure.data.removedLines : null,
    pathsOutsidePlan: measure?.data.pathsOutsidePlan.length ?? 0,
    secrets: measure?.data.secrets ?? 0,
    ciOrDependencyFiles: measure?.data.ciOrDependencyFiles.length ?? 0,
    highestSeverity: highest(findings.map(({ severity }) => severity)),
    risk: plan?.data.plan.risk.level ?? null,
  };
}

function highest(found: readonly Severity[]): Severity | null {
  return [...SEVERITIES].reverse().find((severity) => found.includes(severity)) ?? null;
}

/** Whether policy lets a gate pass without a person, or the sentence that says why not. */
export function policyAccount(gate: Gate, verdict: PolicyVerdict, facts: FactsUsed): { readonly passes: boolean; readonly account: string } {
  const reasons = verdict.reasons.join(' ');
  const checks = facts.checks?.data.verdict;
  if ((gate === 'diff' || gate === 'merge') && (checks === 'failed' || checks === 'notRun')) {
    const said = checks === 'failed' ? 'Checks fail' : 'Checks did not run';
    return { passes: false, account: `${said}: a person decides. ${reasons}`.trim() };
  }
  switch (verdict.effect) {
    case 'allow':
      if (verdict.policyIds.length > 0) return { passes: true, account: reasons || `Allowed by ${verdict.policyIds.join(', ')}` };
      return { passes: false, account: 'Policy allows it but names no rule: a person decides.' };
    case 'deny':
      return { passes: false, account: `Policy does not pass it: ${reasons || verdict.policyIds.join(', ')}` };
    case 'none':
      return { passes: false, account: `No policy rule decides: a person does. ${reasons}`.trim() };
    case 'error':
      return { passes: false, account: `The policy engine failed: a person decides. ${reasons}`.trim() };
  }
}
