import { CHECK_VERDICTS, GATES, SEVERITIES } from '@countersign/domain';
import { z } from 'zod';

/** The stored facts a verdict is computed from; their digest is recorded with it. */
export const policyFacts = z.object({
  checks: z.enum(CHECK_VERDICTS).nullable(),
  changedLines: z.int().nullable(),
  pathsOutsidePlan: z.int(),
  secrets: z.int(),
  ciOrDependencyFiles: z.int(),
  highestSeverity: z.enum(SEVERITIES).nullable(),
  risk: z.string().nullable(),
});

export const policyInput = z.object({
  tenantId: z.string(),
  projectId: z.string(),
  gate: z.enum(GATES),
  requestId: z.string(),
  facts: policyFacts,
});

/** `none`: no rule decided; `error`: the engine failed. Both mean that a person decides. */
export const policyVerdict = z.object({
  effect: z.enum(['allow', 'deny', 'none', 'error']),
  policyIds: z.array(z.string()),
  policyVersion: z.string(),
  /** One sentence a person can act on for each deciding policy. */
  reasons: z.array(z.string()),
});
