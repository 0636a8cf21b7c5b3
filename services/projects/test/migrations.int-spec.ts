import { randomBytes } from 'node:crypto';

import { ensureDatabase, runMigrations } from '@countersign/platform';
import { createDatabase } from '@countersign/testing';
import { describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';

import { projectsDatabase } from '../src/store/database.repository.js';

describe('the migrations of projects', () => {
  it('make exactly what the entities say, and a second run nothing', async () => {
    const adminUrl = await createDatabase('projects_migrations');
    const services = [{ name: 'projects', schema: 'projects', password: 'secret' }];
    const { ownerUrl } = await ensureDatabase({ adminUrl, services, rolePrefix: `t${randomBytes(4).toString('hex')}` });
    const options = projectsDatabase(ownerUrl);
    await runMigrations(options);
    await expect(runMigrations(options)).resolves.toEqual([]);

    const dataSource = await new DataSource(options).initialize();
    try {
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      expect(upQueries.map(({ query }) => query)).toEqual([]);
    } finally {
      await dataSource.destroy();
    }
  });
});
