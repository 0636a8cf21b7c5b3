import type { Gate } from './gates.js';

export const ROLES = ['admin', 'maintainer', 'reviewer', 'observer'] as const;
export type Role = (typeof ROLES)[number];

export const PERMISSIONS = [
  'self:read',
  'request:read',
  'request:create',
  'request:comment',
  'request:decide',
  'request:cancel',
  'request:pause',
  'request:budget',
  'request:repair',
  'project:read',
  'project:manage',
  'person:read',
  'person:manage',
  'role:manage',
  'audit:read',
  'keys:manage',
  'log:manage',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

const OBSERVER: readonly Permission[] = ['self:read', 'request:read', 'project:read', 'audit:read'];
const REVIEWER: readonly Permission[] = [...OBSERVER, 'request:create', 'request:comment', 'request:decide'];
const MAINTAINER: readonly Permission[] = [
  ...REVIEWER,
  'request:cancel',
  'request:pause',
  'request:budget',
  'project:manage',
];

export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  observer: OBSERVER,
  reviewer: REVIEWER,
  maintainer: MAINTAINER,
  admin: [...MAINTAINER, 'person:read', 'person:manage', 'role:manage', 'request:repair', 'keys:manage', 'log:manage'],
};

/** `project` is a project id, or `*` for every project of the tenant. */
export type Grant = { readonly role: Role; readonly project: string };

export type Viewer = {
  readonly personId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly issuer: string;
  readonly subject: string;
  readonly active: boolean;
  readonly grants: readonly Grant[];
};

export function rolesIn(grants: readonly Grant[], project?: string): readonly Role[] {
  const held = grants.filter((grant) => grant.project === '*' || (project !== undefined && grant.project === project));
  return ROLES.filter((role) => held.some((grant) => grant.role === role));
}

/** Without a project only tenant-wide grants count. An inactive person may do nothing. */
export function may(viewer: Viewer, permission: Permission, project?: string): boolean {
  if (!viewer.active) return false;
  return rolesIn(viewer.grants, project).some((role) => ROLE_PERMISSIONS[role].includes(permission));
}

const VOTERS: readonly Role[] = ['reviewer', 'maintainer', 'admin'];

/** Roles whose vote counts at a gate. */
export const GATE_ROLES: Readonly<Record<Gate, readonly Role[]>> = { spec: VOTERS, plan: VOTERS, diff: VOTERS, merge: VOTERS };
