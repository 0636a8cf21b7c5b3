import type { BudgetLimits } from './budget.js';
import type { GateSettings } from './gates.js';

/** What a maintainer sets for a project. Shell texts run by `sh -c` inside the sandbox only. */
export type ProjectSettings = {
  readonly gates: GateSettings;
  readonly approvalsRequired: number;
  readonly requesterMayApprove: boolean;
  readonly image: string | null;
  readonly setupCommand: string | null;
  readonly testCommand: string | null;
  /** Plain environment of setup and test; secret-looking names are refused. */
  readonly env: Readonly<Record<string, string>>;
  /** Rules for the agent, shown on the plan. */
  readonly rules: string;
  readonly commands: 'plan' | 'any';
  readonly limits: BudgetLimits;
  readonly maxFixAttempts: number;
  readonly maxDiffLines: number;
  readonly gateWindowMs: number;
  readonly reminderMs: number;
};

export type Project = {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  /** Path or URL of the source, as given. */
  readonly repo: string;
  /** Path of the bare copy: the place of record. */
  readonly bare: string;
  readonly branch: string;
  readonly settings: ProjectSettings;
  readonly settingsVersion: number;
  readonly policyVersion: string;
};
