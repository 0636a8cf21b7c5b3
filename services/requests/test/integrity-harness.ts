import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger, dataSourceOptions, runMigrations } from '@countersign/platform';

import { GUARDS } from '../src/guards.js';
import type { Clock } from '../src/lifecycle/fence.js';
import { LOG_DATABASE } from '../src/log/database/log-database.js';
import { DiskCheckpointKeeper } from '../src/log/disk-checkpoint-keeper.adapter.js';
import { examineLog } from '../src/log/examine-log.js';
import { ExportFiles } from '../src/log/export-files.js';
import { TransparencyLog } from '../src/log/transparency-log.js';
import { wireIntegrity } from '../src/requests-parts.js';
import type { Harness } from './harness.js';
import { until } from './log-harness.js';

/** The real log, keys and exports on a harness's own database. */
export async function integrityHarness(h: Harness, clock: Clock = () => new Date()) {
  const dir = await mkdtemp(join(tmpdir(), 'countersign-integrity-'));
  await runMigrations(dataSourceOptions({ url: h.ownerUrl, ...LOG_DATABASE }));
  const files = new ExportFiles(join(dir, 'exports'));
  await files.prepare();
  const log = new TransparencyLog({
    url: h.logUrl,
    origin: 'countersign.test',
    keys: h.keys,
    beforeTree: (tenantId) => h.keys.enterFor(tenantId),
    enterRecovery: () => Promise.reject(new Error('nothing is broken here')),
    keeper: new DiskCheckpointKeeper(join(dir, 'checkpoints')),
    examine: examineLog,
    clock,
    logger: createLogger('test', 'silent'),
  });
  const parts = wireIntegrity({ store: h.store, projects: h.projects, keys: h.keys, clock, guards: GUARDS, log, files });
  log.start();
  return {
    ...parts,
    /** The log itself; `log` is what people and programs ask of it. */
    transparency: log,
    /** Until every entry of the service lies in the log. The log itself enters the list of keys before its first entry. */
    integrated: async (): Promise<void> => {
      const isWhole = async (): Promise<boolean> => {
        const [{ count } = { count: '0' }] = await h.asOwner<{ count: string }>('SELECT count(*) FROM requests.audit_entry');
        return (await log.reader.status('t1'))?.size === Number(count);
      };
      await until(isWhole, async () => 'the log does not hold every entry');
    },
    /** Before the harness, whose database it uses. */
    close: async (): Promise<void> => {
      await log.close();
      await files.close();
      await rm(dir, { recursive: true });
    },
  };
}
