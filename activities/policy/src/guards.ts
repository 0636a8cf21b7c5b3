import { pathsOutside } from '@countersign/domain';

/** What stands between an attack and a measure that hides it. The product gives in these and nothing else. */
export const POLICY_GUARDS = { pathsOutside } as const;

export type PolicyGuards = typeof POLICY_GUARDS;
