import type { JournalAnswer, JournalPort, RunLease, StepRecord } from '@countersign/activity-agent';
import { AppError } from '@countersign/domain';
import { toDatabaseError, withTransaction } from '@countersign/platform';
import { type DataSource, type EntityManager, IsNull, Not } from 'typeorm';

import { JournalLeaseEntity, JournalOutputEntity, JournalStepEntity } from './journal.entity.js';

/** The agent's journal in Postgres. The lease's row is locked by each write, so that a newer lease ends older writes. */
export class TypeOrmJournal implements JournalPort {
  constructor(private readonly dataSource: DataSource) {}

  async acquireLease(requestId: string, runKey: string): Promise<RunLease> {
    const rows = await this.reading(() =>
      this.dataSource.query<{ epoch: number }[]>(
        `INSERT INTO journal_lease (request_id, run_key, epoch, closed) VALUES ($1, $2, 1, false)
         ON CONFLICT (request_id, run_key) DO UPDATE SET epoch = journal_lease.epoch + 1, closed = false
         RETURNING epoch`,
        [requestId, runKey],
      ),
    );
    const epoch = rows[0]?.epoch;
    if (epoch === undefined) throw new AppError('INTERNAL', `No lease was made for ${runKey}`);
    return { requestId, runKey, epoch };
  }

  async answer(requestId: string, runKey: string, step: number): Promise<JournalAnswer | undefined> {
    const found = await this.reading(() => this.dataSource.manager.findOneBy(JournalStepEntity, { requestId, runKey, step }));
    return found?.answer ? (JSON.parse(found.answer) as JournalAnswer) : undefined;
  }

  async steps(requestId: string, runKey: string): Promise<readonly StepRecord[]> {
    const where = { requestId, runKey, record: Not(IsNull()) };
    const found = await this.reading(() => this.dataSource.manager.find(JournalStepEntity, { where, order: { step: 'ASC' } }));
    return found.map(({ record }) => JSON.parse(record ?? 'null') as StepRecord);
  }

  recordAnswer(lease: RunLease, step: number, answer: JournalAnswer): Promise<void> {
    return this.keepFirst(lease, step, 'answer', answer);
  }

  recordStep(lease: RunLease, record: StepRecord): Promise<void> {
    return this.keepFirst(lease, record.step, 'record', record);
  }

  keepOutput(lease: RunLease, id: string, text: string): Promise<void> {
    const { requestId, runKey } = lease;
    return this.holding(lease, async (manager) => {
      await manager.upsert(JournalOutputEntity, { requestId, runKey, id, output: JSON.stringify(text) }, ['requestId', 'runKey', 'id']);
    });
  }

  async output(requestId: string, runKey: string, id: string): Promise<string | undefined> {
    const found = await this.reading(() => this.dataSource.manager.findOneBy(JournalOutputEntity, { requestId, runKey, id }));
    return found ? (JSON.parse(found.output) as string) : undefined;
  }

  close(lease: RunLease): Promise<void> {
    const { requestId, runKey } = lease;
    return this.holding(lease, async (manager) => {
      await manager.update(JournalLeaseEntity, { requestId, runKey }, { closed: true });
    });
  }

  private keepFirst(lease: RunLease, step: number, column: 'answer' | 'record', value: unknown): Promise<void> {
    return this.holding(lease, async (manager) => {
      await manager.query(
        `INSERT INTO journal_step (request_id, run_key, step, ${column}) VALUES ($1, $2, $3, $4)
         ON CONFLICT (request_id, run_key, step) DO UPDATE SET ${column} = COALESCE(journal_step.${column}, EXCLUDED.${column})`,
        [lease.requestId, lease.runKey, step, JSON.stringify(value)],
      );
    });
  }

  private holding(lease: RunLease, work: (manager: EntityManager) => Promise<void>): Promise<void> {
    return withTransaction(this.dataSource, async (manager) => {
      const { requestId, runKey, epoch } = lease;
      const held = await manager.findOne(JournalLeaseEntity, { where: { requestId, runKey }, lock: { mode: 'pessimistic_write' } });
      if (held?.epoch !== epoch) throw new AppError('LEASE_LOST', `Another worker goes on with ${runKey} of ${requestId}`);
      await work(manager);
    });
  }

  private async reading<Result>(read: () => Promise<Result>): Promise<Result> {
    try {
      return await read();
    } catch (error) {
      throw toDatabaseError(error);
    }
  }
}
