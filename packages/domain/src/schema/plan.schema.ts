import { z } from 'zod';

import { FILE_CHANGES, RISK_LEVELS, type Plan, type Spec } from '../plan.js';
import { boundedText, repoPath } from './text.schema.js';

export const specSchema = z.strictObject({
  goal: boundedText(65_536).min(1),
  acceptanceCriteria: z.array(boundedText(4096).min(1)).min(1).max(100),
  outOfScope: z.array(boundedText(4096).min(1)).max(100),
}) satisfies z.ZodType<Spec>;

const plannedFile = z.strictObject({
  path: repoPath,
  change: z.enum(FILE_CHANGES),
  places: z.int().min(1).exactOptional(),
});

export const planSchema = z.strictObject({
  summary: boundedText(4096).min(1),
  steps: z
    .array(
      z.strictObject({
        title: boundedText(1024).min(1),
        instruction: boundedText(65_536).min(1),
        files: z.array(plannedFile).max(20_000),
        commands: z.array(z.array(boundedText(4096)).min(1).max(100)).max(100),
      }),
    )
    .min(1)
    .max(200),
  risk: z.strictObject({ level: z.enum(RISK_LEVELS), reasons: z.array(boundedText(1024)).max(50) }),
  checks: z.strictObject({ setup: boundedText(8192).nullable(), test: boundedText(8192).nullable() }),
  commands: z.enum(['plan', 'any']),
  author: z.string().min(1).max(200),
  notes: z.array(boundedText(4096)).max(1000),
  /** Plans written before there were any have none. */
  rules: boundedText(131_072).default(''),
}) satisfies z.ZodType<Plan>;
