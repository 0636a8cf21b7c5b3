import { branchSchema, projectNameSchema, projectSettingsSchema } from '@countersign/domain/schema';
import { z } from 'zod';

export const IMPORT_STATES = ['importing', 'ready', 'failed'] as const;

export const projectSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  name: z.string(),
  repo: z.string(),
  bare: z.string(),
  branch: z.string(),
  settings: projectSettingsSchema,
  settingsVersion: z.int(),
  policyVersion: z.string(),
  policyText: z.string(),
  import: z.object({
    state: z.enum(IMPORT_STATES),
    progress: z.string(),
    code: z.string().nullable(),
    message: z.string().nullable(),
  }),
  /** Commands that bring a merged result into the source repository. */
  bringHome: z.array(z.string()),
  createdAt: z.string(),
});

/** Every member optional: what is left out keeps its value (or its default for a new project). */
export const settingsPatch = projectSettingsSchema
  .extend({
    gates: projectSettingsSchema.shape.gates.partial(),
    limits: projectSettingsSchema.shape.limits.partial(),
    models: projectSettingsSchema.shape.models.partial(),
    egress: projectSettingsSchema.shape.egress.partial(),
  })
  .partial();

/** Cedar text; null goes back to the default policy. */
const policyText = z.string().max(65_536).nullable();

export const addProjectInput = z.object({
  name: projectNameSchema,
  repo: z.string().min(1).max(4096),
  branch: branchSchema.optional(),
  settings: settingsPatch.optional(),
  policy: policyText.optional(),
});

export const setProjectInput = z.object({
  name: z.string().min(1).max(200),
  branch: branchSchema.optional(),
  settings: settingsPatch.optional(),
  policy: policyText.optional(),
});
