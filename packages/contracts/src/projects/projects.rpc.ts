import { ROLES } from '@countersign/domain';
import { z } from 'zod';

import { pageInput, pageOf } from '../paging.js';
import { rpc } from '../rpc-contract.js';
import { personRef, personSchema, viewerSchema } from './person.schema.js';
import { policyInput, policyVerdict } from './policy.schema.js';
import { addProjectInput, projectSchema, setProjectInput } from './project.schema.js';

const person = ['person'] as const;
const inTenant = z.object({ tenantId: z.string(), id: z.string() });

/** services/projects: tenants, people, roles, projects and Cedar policy. */
export const projectsRpc = {
  /** The caller, from their token. FORBIDDEN where nobody knows them. */
  'people.me': rpc(person, z.object({}), viewerSchema),
  /** Null where no person has this identity. Never cached: a suspended person is seen at once. */
  'people.viewer': rpc(['gateway', 'requests', 'worker'], z.object({ issuer: z.string(), subject: z.string() }), viewerSchema.nullable()),
  'people.byIds': rpc(['requests', 'worker'], z.object({ tenantId: z.string(), ids: z.array(z.string()).max(200) }), z.array(viewerSchema)),
  /** Active people other than `exclude` who hold one of the roles in the project: whether a quorum can be met. */
  'people.eligible': rpc(
    ['requests'],
    z.object({ tenantId: z.string(), projectId: z.string(), roles: z.array(z.enum(ROLES)), exclude: z.string().nullable() }),
    z.array(z.object({ id: z.string(), name: z.string() })),
  ),
  'people.list': rpc(person, pageInput, pageOf(personSchema)),
  'people.suspend': rpc(person, personRef, personSchema),
  'people.restore': rpc(person, personRef, personSchema),
  /** Whom `by` means, where they may erase them; a refusal is recorded. */
  'people.erasable': rpc(
    ['requests'],
    personRef.extend({ tenantId: z.string(), by: z.string() }),
    z.object({ personId: z.string(), name: z.string() }),
  ),
  /** Removes what the service keeps of a person, the name and the sign-in among it. A second call removes nothing. */
  'people.erase': rpc(['requests'], z.object({ tenantId: z.string(), by: z.string(), personId: z.string() }), z.object({ payloads: z.int() })),
  /** Somebody was refused who tried to sign in as a person; where nobody has the identity nothing is recorded. */
  'people.signInRefused': rpc(['operator'], z.object({ issuer: z.string(), subject: z.string(), method: z.enum(['password']) }), z.object({})),
  'roles.grant': rpc(person, personRef.extend({ role: z.enum(ROLES), project: z.string().nullable() }), personSchema),
  'roles.revoke': rpc(person, personRef.extend({ role: z.enum(ROLES), project: z.string().nullable() }), personSchema),
  /** Makes tenant and people known at first start; existing ones keep what they have. */
  'people.seed': rpc(
    ['operator'],
    z.object({
      tenant: z.string(),
      issuer: z.string(),
      people: z.array(z.object({ subject: z.string(), name: z.string(), role: z.enum(ROLES) })),
    }),
    z.object({ tenantId: z.string() }),
  ),

  /** Answers at once with `import.state: importing`; poll `projects.get`. */
  'projects.add': rpc(person, addProjectInput, projectSchema),
  'projects.set': rpc(person, setProjectInput, projectSchema),
  'projects.list': rpc(person, pageInput, pageOf(projectSchema)),
  /** By name or id. */
  'projects.get': rpc(person, z.object({ name: z.string().min(1).max(200) }), projectSchema),
  /** Where the bare copy lies, for whoever may read both the project and its requests: it holds their changes. */
  'projects.repository': rpc(
    person,
    z.object({ name: z.string().min(1).max(200) }),
    z.object({ id: z.string(), name: z.string(), branch: z.string(), bare: z.string() }),
  ),
  'projects.forService': rpc(['requests', 'worker'], inTenant, projectSchema.nullable()),
  'projects.named': rpc(['requests'], z.object({ tenantId: z.string(), name: z.string() }), projectSchema.nullable()),
  /** What entries of the audit trail stand for, base64; one that was erased is missing. */
  'audit.payloads': rpc(
    ['requests'],
    z.object({ tenantId: z.string(), ids: z.array(z.string().regex(/^[0-9]{1,19}$/)).max(500) }),
    z.array(z.object({ id: z.string(), payload: z.string() })),
  ),
  'policy.evaluate': rpc(['requests'], policyInput, policyVerdict),
} as const;
