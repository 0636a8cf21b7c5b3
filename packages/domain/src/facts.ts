import type { BudgetUsage } from './budget.js';
import type { EgressPhase } from './egress.js';
import type { Plan, Spec } from './plan.js';

/** A reference into the artifact store; contents never enter history. */
export type ArtifactRef = { readonly sha256: string; readonly bytes: number; readonly name: string; readonly mediaType: string };

export const SEVERITIES = ['info', 'warning', 'blocking'] as const;
export type Severity = (typeof SEVERITIES)[number];

export type Finding = {
  /** Stable name of the rule: `secret`, `conflict-marker`, `debug-statement`, `path`, `size`, `ci-file`, … */
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly path: string | null;
  readonly line: number | null;
  /** Of a model's finding, in percent (facts hold whole numbers only); absent where a rule found it. */
  readonly confidence?: number;
};

export const CHECK_STATUSES = ['passed', 'failed', 'failedBefore', 'notRun', 'notConfigured'] as const;
export type CheckStatus = (typeof CHECK_STATUSES)[number];

export type CheckResult = {
  readonly name: 'setup' | 'test';
  readonly status: CheckStatus;
  readonly exitCode: number | null;
  readonly durationMs: number;
  /** Why a check did not run, or that the base fails it as well. */
  readonly note: string;
  readonly log: ArtifactRef | null;
};

export type DiffFile = {
  readonly path: string;
  readonly change: 'edit' | 'add' | 'delete' | 'rename';
  readonly added: number;
  readonly removed: number;
  readonly binary: boolean;
};

/**
 * What activities measured and requests keeps; the workflow carries ids only. One row per fact, never changed.
 * `checksDigest` in subjects is the digest of the `checks` and `measure` facts' data together.
 */
export type Facts = {
  base: { readonly baseCommit: string; readonly targetRef: string; readonly source: 'fetched' | 'unchanged' };
  spec: { readonly spec: Spec; readonly author: string; readonly transcript?: ArtifactRef };
  plan: { readonly plan: Plan; readonly baseCommit: string; readonly transcript?: ArtifactRef };
  cannot: { readonly code: string; readonly message: string; readonly understood: readonly string[]; readonly transcript?: ArtifactRef };
  execution: {
    readonly attempt: number;
    readonly baseCommit: string;
    readonly headCommit: string;
    readonly tree: string;
    readonly steps: number;
    readonly diff: ArtifactRef;
    readonly files: readonly DiffFile[];
    readonly limitsNotEnforced: readonly string[];
    /** What was said between us and the model, secrets taken out. */
    readonly transcript?: ArtifactRef;
  };
  checks: { readonly commit: string; readonly verdict: CheckVerdict; readonly results: readonly CheckResult[] };
  measure: {
    readonly headCommit: string;
    readonly addedLines: number;
    readonly removedLines: number;
    readonly files: readonly DiffFile[];
    readonly pathsOutsidePlan: readonly string[];
    readonly secrets: number;
    readonly ciOrDependencyFiles: readonly string[];
    readonly findings: readonly Finding[];
  };
  publication: { readonly branch: string; readonly headCommit: string };
  mergeRequest: { readonly number: number; readonly branch: string; readonly target: string; readonly url: string };
  review: { readonly reviewer: string; readonly headCommit: string; readonly findings: readonly Finding[] };
  /** What a model's passes found; `review` posts it together with what our rules found. */
  modelReview: {
    readonly reviewer: string;
    readonly headCommit: string;
    readonly passes: readonly { readonly name: string; readonly findings: number; readonly error: string | null }[];
    readonly findings: readonly Finding[];
  };
  /** What a phase asked of the network, allowed or not. */
  egress: {
    readonly phase: EgressPhase;
    readonly allowed: number;
    readonly refused: number;
    /** `host:port` of what was passed through unread. */
    readonly tunnels: readonly string[];
    /** `host:port` of what was refused, the first hundred. */
    readonly refusedHosts: readonly string[];
    readonly log: ArtifactRef;
  };
  mergePrep: {
    readonly targetRef: string;
    readonly targetTip: string;
    readonly head: string;
    readonly mergedTree: string;
    readonly repository: string;
    /** The tip is an ancestor of head: the merged tree is head's own and its checks hold. */
    readonly fastForward: boolean;
    /** Commits that somebody else put on the request's branch, kept below `refs/countersign/foreign`; absent where nobody did. */
    readonly foreignHeads?: readonly string[];
  };
  conflict: { readonly targetTip: string; readonly findings: readonly Finding[] };
  merge: { readonly commit: string; readonly tree: string; readonly targetRef: string; readonly bringHome: readonly string[] };
  usage: BudgetUsage;
};
export type FactKind = keyof Facts;

export const CHECK_VERDICTS = ['passed', 'failed', 'notRun', 'notConfigured'] as const;
export type CheckVerdict = (typeof CHECK_VERDICTS)[number];

/** Failing checks that were not failing on the base already: what is sent back to the executor. */
export function newFailures(results: readonly CheckResult[]): readonly CheckResult[] {
  return results.filter((result) => result.status === 'failed');
}

/** What a change touches and the plan does not allow. A rename would name only one of the two paths that it touches. */
export function pathsOutside(files: readonly DiffFile[], allowedPaths: readonly string[]): readonly string[] {
  const allowed = new Set(allowedPaths);
  return files.filter(({ path, change }) => change === 'rename' || !allowed.has(path)).map(({ path }) => path);
}

/** A model says how sure it is; a rule always is. */
export function isModelFinding(finding: Pick<Finding, 'confidence'>): boolean {
  return finding.confidence !== undefined;
}

export function hasBlocking(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'blocking');
}
