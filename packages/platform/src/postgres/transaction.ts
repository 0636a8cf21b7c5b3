import { AppError } from '@countersign/domain';
import {
  type DataSource,
  type EntityManager,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';

import { toDatabaseError } from './connection-failure.js';

/**
 * Runs `work` in one transaction: all of it is stored or, when it throws, none of it.
 *
 * @throws AppError DATABASE_UNAVAILABLE where the connection failed; then nobody knows whether a commit arrived, so
 * `work` must be safe to run again. Any other error is the one that `work` threw.
 */
export async function withTransaction<Result>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<Result>,
): Promise<Result> {
  try {
    return await dataSource.transaction(work);
  } catch (error) {
    // TypeORM gives the runner back when its connection dies, so the next query meets a released one.
    const isReleased =
      error instanceof QueryRunnerAlreadyReleasedError || error instanceof QueryRunnerProviderAlreadyReleasedError;
    if (isReleased) {
      throw new AppError('DATABASE_UNAVAILABLE', 'The database connection was lost', { cause: error });
    }
    throw toDatabaseError(error);
  }
}
