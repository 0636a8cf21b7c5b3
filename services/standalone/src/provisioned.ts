import { AppError } from '@countersign/domain';
import { z } from 'zod';

const osUser = z.object({ name: z.string(), uid: z.number(), gid: z.number() });

const partSchema = z.looseObject({
  name: z.string(),
  ok: z.boolean().default(true),
  version: z.string().default(''),
  where: z.string().default(''),
  fix: z.string().optional(),
  binDir: z.string().optional(),
  dataDir: z.string().optional(),
  runAs: osUser.optional(),
  image: z.string().optional(),
  host: z.string().optional(),
  /** An unpacked image. */
  tree: z.string().optional(),
});
export type ProvisionedPart = z.output<typeof partSchema>;

const provisionedSchema = z.object({
  root: z.string(),
  begunAt: z.number(),
  steps: z.array(z.object({ name: z.string(), ms: z.number() })),
  parts: z.array(partSchema),
});
export type Provisioned = z.output<typeof provisionedSchema>;

/** What scripts/start.mjs found or installed. */
export function readProvisioned(json: string | undefined): Provisioned {
  if (json === undefined) throw new AppError('CONFIG_INVALID', 'COUNTERSIGN_PARTS is not set: start with `npm start`');
  return provisionedSchema.parse(JSON.parse(json));
}

export function partNamed({ parts }: Provisioned, name: string): ProvisionedPart | undefined {
  return parts.find((part) => part.name === name);
}
