export { startWorkerService, type WorkerService } from './start-worker-service.js';
export type { WorkerServiceDeps } from './worker-parts.js';
