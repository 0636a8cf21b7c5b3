import { z } from 'zod';

import { boundedText } from './text.schema.js';

export const MAX_TITLE_CHARS = 200;
/** Issue 3, section 5: a body over 64 kB is refused. */
export const MAX_BODY_BYTES = 64 * 1024;

export const titleSchema = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(MAX_TITLE_CHARS)
  .refine((title) => title.isWellFormed() && !/[\0\r\n]/.test(title), 'must be one line of valid text');

export const bodySchema = boundedText(MAX_BODY_BYTES);
export const reasonSchema = boundedText(4096);
/** A model's answer in the thread. */
export const answerTextSchema = boundedText(16_384).min(1);
export const commentSchema = boundedText(16_384).min(1, 'must not be empty');

export const budgetLimitsSchema = z.strictObject({
  tokens: z.int().positive().nullable(),
  costMicros: z.int().positive().nullable(),
  wallClockMs: z.int().positive().nullable(),
  attempts: z.int().positive().max(100),
});
