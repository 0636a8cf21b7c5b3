import { type settingsPatch } from '@countersign/contracts';
import { AppError, DEFAULT_GATES, DEFAULT_GATE_WINDOW_MS, DEFAULT_LIMITS, DEFAULT_REMINDER_MS, type ProjectSettings } from '@countersign/domain';
import { projectSettingsSchema } from '@countersign/domain/schema';
import type { z } from 'zod';

export type SettingsPatch = z.output<typeof settingsPatch>;

/** What a project has that nobody set anything for (issue 3, section 2). */
export const DEFAULT_SETTINGS: ProjectSettings = {
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
};

/**
 * What is left out keeps its value; gates and limits one by one, `env` as a whole.
 *
 * @throws AppError INVALID_INPUT naming the setting.
 */
export function mergedSettings(current: ProjectSettings, patch: SettingsPatch = {}): ProjectSettings {
  const { gates, limits, ...rest } = patch;
  const merged = projectSettingsSchema.safeParse({
    ...current,
    ...given(rest),
    gates: { ...current.gates, ...given(gates) },
    limits: { ...current.limits, ...given(limits) },
  });
  if (merged.success) return merged.data;
  const [issue] = merged.error.issues;
  const field = ['settings', ...(issue?.path ?? [])].join('.');
  throw new AppError('INVALID_INPUT', `${field}: ${issue?.message ?? 'does not fit'}`, { field });
}

function given(patch: object = {}): object {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}
