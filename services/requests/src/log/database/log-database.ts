import { CheckpointEntity, IncidentEntity, LeafEntity, NodeEntity, TreeEntity } from '../log.entity.js';
import { Log1764200000000 } from './log.migration.js';

/** What `dataSourceOptions` and `runMigrations` need besides a URL. */
export const LOG_DATABASE = {
  schema: 'log',
  entities: [TreeEntity, LeafEntity, NodeEntity, CheckpointEntity, IncidentEntity],
  migrations: [Log1764200000000],
} as const;
