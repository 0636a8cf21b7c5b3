import pg from 'pg';

import { DatabaseConnectionError } from './connection-failure.js';

type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: boolean | Error) => void,
) => void;

const asConnectionError = (error: unknown): unknown =>
  error instanceof pg.DatabaseError
    ? error
    : new DatabaseConnectionError('No database connection could be had', { cause: error });

/** pg's pool, except that a failure to get a connection can be told by its class. */
export class DeadlinePool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    if (!callback) {
      return super.connect().catch((error: unknown) => {
        throw asConnectionError(error);
      });
    }
    super.connect((error, client, done) => {
      callback(error ? (asConnectionError(error) as Error) : undefined, client, done);
    });
  }
}
