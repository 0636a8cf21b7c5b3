import { SEVERITIES } from '@countersign/domain';
import { z } from 'zod';

import type { ReviewPass } from './review-passes.js';

const MAX_FINDINGS = 50;

/** What one pass answers with; paths and lines are looked up before anybody reads them. */
export const passFindingsSchema = z.strictObject({
  findings: z
    .array(
      z.strictObject({
        path: z.string().min(1).max(4096).nullable(),
        line: z.int().nullable(),
        severity: z.enum(SEVERITIES),
        confidence: z.number().min(0).max(1),
        message: z.string().trim().min(1).max(2000),
      }),
    )
    .max(MAX_FINDINGS),
});

export type RawFinding = z.output<typeof passFindingsSchema>['findings'][number];
export type PassFinding = RawFinding & { readonly pass: ReviewPass };
