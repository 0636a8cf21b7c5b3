export { reapOrphans } from './reap-orphans.workflow.js';
export { requestLifecycle } from './request-lifecycle.workflow.js';
