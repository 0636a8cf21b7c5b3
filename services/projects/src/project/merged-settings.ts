import { type settingsPatch } from '@countersign/contracts';
import { AppError, type ProjectSettings } from '@countersign/domain';
import { projectSettingsSchema } from '@countersign/domain/schema';
import type { z } from 'zod';

export type SettingsPatch = z.output<typeof settingsPatch>;

/**
 * What is left out keeps its value; gates, limits, models and phases one by one, `env` as a whole.
 *
 * @throws AppError INVALID_INPUT naming the setting.
 */
export function mergedSettings(current: ProjectSettings, patch: SettingsPatch = {}): ProjectSettings {
  const { gates, limits, models, egress, ...rest } = patch;
  const merged = projectSettingsSchema.safeParse({
    ...current,
    ...given(rest),
    gates: { ...current.gates, ...given(gates) },
    limits: { ...current.limits, ...given(limits) },
    models: { ...current.models, ...given(models) },
    egress: { ...current.egress, ...given(egress) },
  });
  if (merged.success) return merged.data;
  const [issue] = merged.error.issues;
  const field = ['settings', ...(issue?.path ?? [])].join('.');
  throw new AppError('INVALID_INPUT', `${field}: ${issue?.message ?? 'does not fit'}`, { field });
}

function given(patch: object = {}): object {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}
