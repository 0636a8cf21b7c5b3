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

export type PolicyAccount = {
  readonly passes: boolean;
  /** Why a person decides; null where nobody has to. */
  readonly code: 'CHECKS_NOT_PASSED' | 'POLICY_DENIED' | 'POLICY_NO_RULE' | 'POLICY_ERROR' | null;
  readonly account: string;
};

/** Whether policy lets a gate pass without a person, or the sentence that says why not. */
export function policyAccount(gate: Gate, verdict: PolicyVerdict, facts: FactsUsed): PolicyAccount {
  const reasons = verdict.reasons.join(' ');
  const checks = facts.checks?.data.verdict;
  const waits = (code: PolicyAccount['code'], account: string): PolicyAccount => ({ passes: false, code, account: account.trim() });
  if ((gate === 'diff' || gate === 'merge') && (checks === 'failed' || checks === 'notRun')) {
    const said = checks === 'failed' ? 'Checks fail' : 'Checks did not run';
    return waits('CHECKS_NOT_PASSED', `${said}: a person decides. ${reasons}`);
  }
  switch (verdict.effect) {
    case 'allow':
      if (verdict.policyIds.length > 0) return { passes: true, code: null, account: reasons || `Allowed by ${verdict.policyIds.join(', ')}` };
      return waits('POLICY_NO_RULE', 'Policy allows it but names no rule: a person decides.');
    case 'deny':
      return waits('POLICY_DENIED', `Policy does not pass it: ${reasons || verdict.policyIds.join(', ')}`);
    case 'none':
      return waits('POLICY_NO_RULE', `No policy rule decides: a person does. ${reasons}`);
    case 'error':
      return waits('POLICY_ERROR', `The policy engine failed: a person decides. ${reasons}`);
  }
}
