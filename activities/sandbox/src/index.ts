export { diskWorkspaces } from './adapters/disk-workspaces.adapter.js';
export { commandsOf } from './checks/check-commands.js';
export { DependencyCache } from './cache/dependency-cache.js';
export { DEFAULT_CHECK_LIMITS, type CheckLimits, type SandboxDeps } from './checks/check-deps.js';
export { measureUsage, type DiskUsage } from './disk-usage.js';
export type { CheckWorkspace, CheckWorkspaces } from './ports/check-workspaces.port.js';
export { sandboxActivities } from './sandbox.activities.js';
