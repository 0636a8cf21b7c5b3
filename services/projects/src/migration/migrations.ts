import type { MigrationInterface } from 'typeorm';

import { Arrival1790100000000 } from './arrival.migration.js';
import { Erasure1790200000000 } from './erasure.migration.js';
import { Initial1790000000000 } from './initial.migration.js';

/** In order; a migration that was released is never changed. */
export const MIGRATIONS: readonly (new () => MigrationInterface)[] = [Initial1790000000000, Arrival1790100000000, Erasure1790200000000];
