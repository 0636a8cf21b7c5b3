import type { MigrationInterface } from 'typeorm';

import { Initial1790000000000 } from './initial.migration.js';

/** In order; a migration that was released is never changed. */
export const MIGRATIONS: readonly (new () => MigrationInterface)[] = [Initial1790000000000];
