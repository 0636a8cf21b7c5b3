import { oneMutationRule } from './graphql/query-limits.js';
import { sideFault } from './http/origin.middleware.js';

/**
 * What stands between an attack and a service, one function each. The product is wired with these and nothing else; the
 * tamper suite puts *allow* in the place of exactly one at a time, to show that its attack is a real one.
 */
export const GATEWAY_GUARDS = { sideFault, oneMutationRule } as const;

export type GatewayGuards = typeof GATEWAY_GUARDS;
