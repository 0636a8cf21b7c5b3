import { checkEffect, pathsOutside } from '@countersign/domain';

/** What stands between an attack and an execution. The product gives in these and nothing else. */
export const AGENT_GUARDS = { checkEffect, pathsOutside } as const;

export type AgentGuards = typeof AGENT_GUARDS;
