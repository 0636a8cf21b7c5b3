import { randomBytes } from 'node:crypto';

import { describeJournal } from '@countersign/activity-agent/testing';
import { NO_USAGE } from '@countersign/domain';
import { ensureDatabase, runMigrations } from '@countersign/platform';
import { createDatabase } from '@countersign/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';

import { openWorkerDatabase, workerDatabase } from '../src/database/worker-database.js';
import { TypeOrmJournal } from '../src/journal/journal.repository.js';

let journal: TypeOrmJournal;
let owner: DataSource;
let database: DataSource;

beforeAll(async () => {
  const adminUrl = await createDatabase('worker');
  const rolePrefix = `t${randomBytes(4).toString('hex')}`;
  const { ownerUrl, serviceUrl } = await ensureDatabase({ adminUrl, rolePrefix, services: [{ name: 'worker', schema: 'worker', password: 'secret' }] });
  await runMigrations(workerDatabase(ownerUrl));
  owner = await new DataSource(workerDatabase(ownerUrl)).initialize();
  database = await openWorkerDatabase(serviceUrl('worker'));
  journal = new TypeOrmJournal(database);
});
afterAll(async () => {
  await database.destroy();
  await owner.destroy();
});

describeJournal('typeorm', async () => {
  await owner.query('TRUNCATE journal_lease, journal_step, journal_output');
  return journal;
});

describe('the journal in Postgres', () => {
  it('needs no migration beyond those it has', async () => {
    const { upQueries } = await owner.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('gives every lease of a run its own epoch, however many come at once', async () => {
    const leases = await Promise.all(Array.from({ length: 20 }, () => journal.acquireLease('r-race', 'execute/1')));
    expect(leases.map(({ epoch }) => epoch).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  });

  it('lets no write of an older lease slip in beside a newer one', async () => {
    for (let round = 0; round < 10; round += 1) {
      const run = `execute/${round}`;
      const old = await journal.acquireLease('r-slip', run);
      const record = { step: 0, toolResults: [], snapshotCommit: 'a', usage: NO_USAGE };
      const [written] = await Promise.allSettled([journal.recordStep(old, record), journal.acquireLease('r-slip', run)]);
      // Either before the newer lease, and then it is there, or after it, and then it is not.
      expect((await journal.steps('r-slip', run)).length).toBe(written.status === 'fulfilled' ? 1 : 0);
      await expect(journal.recordStep(old, record)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    }
  });

  it('keeps NUL and lone surrogates of a tool as they are', async () => {
    const lease = await journal.acquireLease('r-odd', 'execute/1');
    const answer = { text: 'a\0b\ud800', toolCalls: [], output: { x: 1.5 }, usage: { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, costMicros: null } };
    await journal.recordAnswer(lease, 1, answer);
    expect(await journal.answer('r-odd', 'execute/1', 1)).toEqual(answer);
  });
});
