export type Spec = {
  readonly goal: string;
  readonly acceptanceCriteria: readonly string[];
  readonly outOfScope: readonly string[];
};

export const RISK_LEVELS = ['low', 'medium', 'high'] as const;
export type RiskLevel = (typeof RISK_LEVELS)[number];

export const FILE_CHANGES = ['edit', 'add', 'delete'] as const;
export type FileChange = (typeof FILE_CHANGES)[number];

export type PlannedFile = {
  readonly path: string;
  readonly change: FileChange;
  /** How many places change in the file; absent where that cannot be counted. */
  readonly places?: number;
};

export type PlanStep = {
  readonly title: string;
  /** What the executor is told, word for word. */
  readonly instruction: string;
  readonly files: readonly PlannedFile[];
  /** Argument vectors, matched exactly. */
  readonly commands: readonly (readonly string[])[];
};

export type Plan = {
  readonly summary: string;
  readonly steps: readonly PlanStep[];
  readonly risk: { readonly level: RiskLevel; readonly reasons: readonly string[] };
  /** Shell texts of the project that prove the result, run inside the sandbox only. */
  readonly checks: { readonly setup: string | null; readonly test: string | null };
  readonly commands: 'plan' | 'any';
  /** Who wrote it: a model's id, or `offline`. */
  readonly author: string;
  /** What was skipped and why: binary files, huge files, links out of the workspace. */
  readonly notes: readonly string[];
  /** The project's rules and those of the base commit: the only ones that the executor is given. */
  readonly rules: string;
};

/** Exact paths: a result may touch these and nothing else. */
export function allowedPathsOf(plan: Plan): readonly string[] {
  return [...new Set(plan.steps.flatMap((step) => step.files.map((file) => file.path)))].sort();
}
