export { Secret } from './config/secret.js';
export { parseEnv, secretVariable } from './config/env.js';
export { errnoOf } from './errno.js';
export { createLogger, LOG_LEVELS, logFile, type Logger, type LogLevel } from './logging/logger.js';
export { NestPinoLogger } from './logging/nest-pino-logger.js';
export { DatabaseConnectionError, isUnavailable, toDatabaseError } from './postgres/connection-failure.js';
export { DeadlinePool } from './postgres/deadline-pool.js';
export {
  type CountersignDataSourceOptions,
  type DatabaseSettings,
  dataSourceOptions,
  MIGRATIONS_TABLE,
  withServerOptions,
} from './postgres/data-source.js';
export {
  type DatabaseService,
  ensureDatabase,
  type EnsureDatabaseInput,
  type EnsuredDatabase,
} from './postgres/ensure-database.js';
export { runMigrations } from './postgres/migrations.js';
export { withTransaction } from './postgres/transaction.js';
export { type NoteRefusal, Refusals } from './refusals/refusals.js';
export { RPC_METHOD, Rpc, type RpcHandlerMetadata } from './rpc/rpc.decorator.js';
export { RpcClient, type RpcClientOptions, rpcWithServiceToken, type ServiceRpc } from './rpc/rpc-client.js';
export { type RpcServer, type RpcServerOptions, startRpcServer } from './rpc/rpc-server.js';
export { MAX_MESSAGE_CHARS, parseInput } from './rpc/rpc-wire.contract.js';
export { activityErrors, toFailure } from './temporal/activity-errors.interceptor.js';
export { OUTAGE_NOTE, outageNotes, type NoteOutage, type OutageCall } from './temporal/outage-notes.interceptor.js';
export { installRuntime } from './temporal/runtime.js';
export {
  connectTemporal,
  isTemporalUnavailable,
  type TemporalHandle,
  type TemporalSettings,
  toTemporalError,
} from './temporal/temporal-client.js';
export { WorkerHost, type WorkerHostOptions } from './temporal/worker-host.js';
export type { Caller, PersonCaller, ServiceCaller } from './tokens/caller.js';
export { ServiceTokens, type ServiceTokensOptions } from './tokens/service-tokens.js';
export { TokenVerifier, type TokenVerifierOptions } from './tokens/token-verifier.js';
