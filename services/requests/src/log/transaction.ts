import type { Db } from './audit-source.repository.js';

type Isolation = 'READ COMMITTED' | 'REPEATABLE READ READ ONLY';

/** All of `work` or none of it, on a connection that nobody else uses meanwhile. */
export async function within<Result>(db: Db, work: () => Promise<Result>, isolation: Isolation = 'READ COMMITTED'): Promise<Result> {
  await db.query(`BEGIN ISOLATION LEVEL ${isolation}`);
  try {
    const result = await work();
    await db.query('COMMIT');
    return result;
  } catch (error) {
    // Where the connection is gone, Postgres has undone it already.
    await db.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
