/** Launching and supervising what is not ours. No framework, and nothing of Countersign's own either. */
export { dockerEngineAt, dockerHosts, findDockerEngine, type DockerEngine } from './docker-engine.js';
export type { OsUser } from './os-user.js';
export { PartError, type PartErrorCode } from './part-error.js';
export type { Part, PartInfo } from './part.js';
export { accepts, assertPortFree, freePort, holderOfPort, type PortHolder } from './ports.js';
export { postgresServer, type PostgresServer, type PostgresServerOptions } from './postgres-server.js';
export { isRunning, processStartTime, stopProcess, thisProcess, type ProcessRef } from './process-table.js';
export {
  SupervisedProcess,
  type ChildRecord,
  type ProcessExit,
  type SupervisedProcessOptions,
} from './supervised-process.js';
export {
  SEARCH_ATTRIBUTES,
  temporalServer,
  type TemporalServer,
  type TemporalServerOptions,
} from './temporal-server.js';
