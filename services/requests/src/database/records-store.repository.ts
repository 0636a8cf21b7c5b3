import { dataSourceOptions, toDatabaseError, withTransaction } from '@countersign/platform';
import { DataSource, type EntityManager } from 'typeorm';

import { AnswerRepository } from '../answer/answer.repository.js';
import { AuditRepository } from '../audit/audit.repository.js';
import { CallRepository } from '../call/call.repository.js';
import { DecisionRepository } from '../decision/decision.repository.js';
import { ErasureRepository } from '../erasure/erasure.repository.js';
import { FactRepository } from '../fact/fact.repository.js';
import { GateRepository } from '../gate/gate.repository.js';
import { LiveRepository } from '../live/live.repository.js';
import { OutboxRepository } from '../outbox/outbox.repository.js';
import { RequestListRepository } from '../request/request-list.repository.js';
import { RequestRepository } from '../request/request.repository.js';
import { KeyListRepository } from '../signing/key-list.repository.js';
import { SlotRepository } from '../slot/slot.repository.js';
import { WordRepository } from '../word/word.repository.js';
import { REQUESTS_DATABASE } from './requests-database.js';

/** Every repository on one connection: inside `write`, on one transaction. */
export type Records = ReturnType<typeof recordsOn>;

function recordsOn(manager: EntityManager) {
  return {
    requests: new RequestRepository(manager),
    lists: new RequestListRepository(manager),
    gates: new GateRepository(manager),
    decisions: new DecisionRepository(manager),
    words: new WordRepository(manager),
    answers: new AnswerRepository(manager),
    facts: new FactRepository(manager),
    slots: new SlotRepository(manager),
    outbox: new OutboxRepository(manager),
    calls: new CallRepository(manager),
    audit: new AuditRepository(manager),
    live: new LiveRepository(manager),
    keyLists: new KeyListRepository(manager),
    erasures: new ErasureRepository(manager),
  };
}

export class RecordsStore {
  private onWritten: () => void = () => undefined;

  private constructor(
    private readonly dataSource: DataSource,
    readonly read: Records,
  ) {}

  static async open(url: string): Promise<RecordsStore> {
    const dataSource = new DataSource(dataSourceOptions({ url, ...REQUESTS_DATABASE }));
    try {
      await dataSource.initialize();
    } catch (error) {
      throw toDatabaseError(error);
    }
    return new RecordsStore(dataSource, recordsOn(dataSource.manager));
  }

  /** All of it or nothing. @throws AppError DATABASE_UNAVAILABLE; `work` must be safe to run again. */
  async write<Result>(work: (records: Records) => Promise<Result>): Promise<Result> {
    const result = await withTransaction(this.dataSource, (manager) => work(recordsOn(manager)));
    this.onWritten();
    return result;
  }

  /** What is told of each commit, at once. */
  afterWrite(tell: () => void): void {
    this.onWritten = tell;
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
  }
}
