import { AppError, type Plan, type Spec } from '@countersign/domain';
import { sha256Hex } from '@countersign/domain/digest';
import { planSchema, specSchema } from '@countersign/domain/schema';
import type { Briefing } from '@countersign/workflow-contracts';
import { z } from 'zod';

/** The approved document as far as the executor needs it; more members are part of the digest all the same. */
const planSubjectSchema = z.object({
  v: z.literal(1),
  gate: z.literal('plan'),
  request: z.object({ id: z.string(), title: z.string() }),
  spec: specSchema,
  plan: planSchema,
  baseCommit: z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/),
  allowedPaths: z.array(z.string()),
});

export type HeldPlan = {
  /** Of exactly the text that is executed. */
  readonly digest: string;
  readonly text: string;
};

export type ApprovedPlan = {
  readonly title: string;
  readonly spec: Spec;
  readonly plan: Plan;
  readonly baseCommit: string;
  readonly allowedPaths: readonly string[];
};

/** The plan document at hand, its digest computed anew; undefined where there is none. */
export function heldPlan({ subjects }: Briefing): HeldPlan | undefined {
  const [newest] = subjects.filter((subject) => subject.gate === 'plan').sort((a, b) => b.revision - a.revision);
  return newest && { digest: sha256Hex(newest.text), text: newest.text };
}

/**
 * Reads what is executed from the very text whose digest was checked.
 *
 * @throws AppError INVALID_INPUT where it is no plan document, or one of another request.
 */
export function readPlan({ text }: HeldPlan, requestId: string): ApprovedPlan {
  const parsed = planSubjectSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new AppError('INVALID_INPUT', 'The approved plan document cannot be read', { cause: parsed.error });
  const { request, spec, plan, baseCommit, allowedPaths } = parsed.data;
  if (request.id !== requestId) throw new AppError('INVALID_INPUT', `The approved plan belongs to request ${request.id}`);
  return { title: request.title, spec, plan, baseCommit, allowedPaths };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
