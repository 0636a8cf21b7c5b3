import { ROLES } from '@countersign/domain';
import { z } from 'zod';

export const grantSchema = z.object({ role: z.enum(ROLES), project: z.string() });

export const viewerSchema = z.object({
  personId: z.string(),
  tenantId: z.string(),
  name: z.string(),
  issuer: z.string(),
  subject: z.string(),
  active: z.boolean(),
  grants: z.array(grantSchema),
});

export const personSchema = z.object({
  id: z.string(),
  name: z.string(),
  subject: z.string(),
  active: z.boolean(),
  /** Grants with project names in place of ids; `*` is every project. */
  grants: z.array(grantSchema),
});

/** A person named by id or by sign-in name. */
export const personRef = z.object({ person: z.string().min(1).max(200) });
