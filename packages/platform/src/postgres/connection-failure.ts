import { AppError } from '@countersign/domain';
import pg from 'pg';
import { QueryFailedError } from 'typeorm';

import { errnoOf } from '../errno.js';

/** No connection could be had from the pool. `pg` throws plain errors here; the class is what makes them tellable. */
export class DatabaseConnectionError extends Error {
  override readonly name = 'DatabaseConnectionError';
}

const NETWORK_CODES: ReadonlySet<string | undefined> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

// admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections, idle_in_transaction_session_timeout,
// query_canceled (statement_timeout), read_only_sql_transaction (a fail-over in progress).
const PASSING_SQLSTATES: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03', '53300', '25P03', '57014', '25006']);

/** Whether the database could not be reached or gave up on the connection. Decided by SQLSTATE and errno only. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'DATABASE_UNAVAILABLE';
  if (error instanceof DatabaseConnectionError) return true;
  if (error instanceof pg.DatabaseError) {
    const state = error.code ?? '';
    return state.startsWith('08') || PASSING_SQLSTATES.has(state);
  }
  if (error instanceof QueryFailedError) return isUnavailable(error.driverError) || isTransportFailure(error.driverError);
  return NETWORK_CODES.has(errnoOf(error));
}

/** `pg` reports a connection lost in mid-query as a bare Error: no SQLSTATE, no errno, no class of its own. */
function isTransportFailure(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === 'Error' && !('code' in error);
}

/** The same failure as our own error where it is one of reachability, else the error itself. */
export function toDatabaseError(error: unknown): unknown {
  if (error instanceof AppError || !isUnavailable(error)) return error;
  return new AppError('DATABASE_UNAVAILABLE', 'The database cannot be reached', { cause: error });
}
