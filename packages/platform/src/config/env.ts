import { AppError } from '@countersign/domain';
import { z } from 'zod';

import { Secret } from './secret.js';

/** A zod type for one environment variable that holds a secret. */
export const secretVariable = z.string().min(1).transform((value) => new Secret(value));

/**
 * Reads the environment through `schema`; an empty variable counts as not set.
 *
 * @throws AppError CONFIG_INVALID that names every wrong variable and its rule, never its value.
 */
export function parseEnv<Schema extends z.ZodType>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;

  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'environment'}: ${message}`);
  const field = parsed.error.issues[0]?.path.join('.');
  throw new AppError('CONFIG_INVALID', `These settings are wrong:\n  ${faults.join('\n  ')}`, field ? { field } : {});
}
