export { LocalCodeHostAdapter } from './adapters/local-code-host.adapter.js';
export { codeHostRegistry, type CodeHostRegistry } from './code-host.registry.js';
export { VCS_GUARDS } from './guards.js';
export {
  CODE_HOSTS,
  type CodeHostId,
  type CodeHostPort,
  type HostedRepository,
  type MergeRequest,
  type MergeRequestDraft,
  type MergeRequestEnd,
  type Review,
} from './ports/code-host.port.js';
export { type ActivityExecution, type VcsDeps } from './vcs-deps.js';
export { vcsActivities } from './vcs.activities.js';
