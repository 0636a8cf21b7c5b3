import { type CountersignDataSourceOptions, dataSourceOptions, toDatabaseError } from '@countersign/platform';
import { DataSource } from 'typeorm';

import { SeenKeysEntity } from '../evidence/seen-keys.entity.js';
import { SeenKeys1793000000000 } from '../evidence/seen-keys.migration.js';
import { Initial1790000000000 } from '../journal/initial.migration.js';
import { JournalLeaseEntity, JournalOutputEntity, JournalStepEntity } from '../journal/journal.entity.js';
import { Outputs1792000000000 } from '../journal/outputs.migration.js';

/** Options for the worker's own connections (its role's URL) or for its migrations (the owner's URL). */
export function workerDatabase(url: string): CountersignDataSourceOptions {
  return dataSourceOptions({
    url,
    schema: 'worker',
    entities: [JournalLeaseEntity, JournalStepEntity, JournalOutputEntity, SeenKeysEntity],
    migrations: [Initial1790000000000, Outputs1792000000000, SeenKeys1793000000000],
  });
}

/** @throws AppError DATABASE_UNAVAILABLE. */
export async function openWorkerDatabase(url: string): Promise<DataSource> {
  try {
    return await new DataSource(workerDatabase(url)).initialize();
  } catch (error) {
    throw toDatabaseError(error);
  }
}
