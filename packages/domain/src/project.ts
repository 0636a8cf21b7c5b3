import { DEFAULT_LIMITS, type BudgetLimits } from './budget.js';
import { NO_EGRESS, type EgressSettings } from './egress.js';
import { DEFAULT_GATES, DEFAULT_GATE_WINDOW_MS, DEFAULT_REMINDER_MS, type GateSettings } from './gates.js';
import { INSTALLATION_MODELS, type ModelChoice } from './models.js';

/** What a maintainer sets for a project. Shell texts run by `sh -c` inside the sandbox only. */
export type ProjectSettings = {
  readonly gates: GateSettings;
  readonly approvalsRequired: number;
  readonly requesterMayApprove: boolean;
  /** An OCI reference; `auto`: by what the repository needs; null: the installation's own. */
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
  readonly models: ModelChoice;
  /** Whether a model's blocking finding sends the work back. Otherwise people see it and nothing more. */
  readonly reviewBlocks: boolean;
  /** Hosts that the sandbox may reach through the broker. */
  readonly egress: EgressSettings;
};

/** What a project has that nobody set anything for. */
export const DEFAULT_PROJECT_SETTINGS: ProjectSettings = {
  gates: DEFAULT_GATES,
  approvalsRequired: 1,
  requesterMayApprove: false,
  image: null,
  setupCommand: null,
  testCommand: null,
  env: {},
  rules: '',
  commands: 'plan',
  limits: DEFAULT_LIMITS,
  maxFixAttempts: 2,
  maxDiffLines: 400,
  gateWindowMs: DEFAULT_GATE_WINDOW_MS,
  reminderMs: DEFAULT_REMINDER_MS,
  models: INSTALLATION_MODELS,
  reviewBlocks: false,
  egress: NO_EGRESS,
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
