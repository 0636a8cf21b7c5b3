import { AnswerEntity } from '../answer/answer.entity.js';
import { AuditEntryEntity } from '../audit/audit-entry.entity.js';
import { AuditPayloadEntity } from '../audit/audit-payload.entity.js';
import { CallEntity } from '../call/call.entity.js';
import { DecisionEntity } from '../decision/decision.entity.js';
import { ArtifactEntity } from '../fact/artifact.entity.js';
import { FactEntity } from '../fact/fact.entity.js';
import { UsageEntryEntity } from '../fact/usage-entry.entity.js';
import { GatePassedEntity } from '../gate/gate-passed.entity.js';
import { GateRevisionEntity } from '../gate/gate-revision.entity.js';
import { OutboxEntity } from '../outbox/outbox.entity.js';
import { RequestEventEntity } from '../request/request-event.entity.js';
import { RequestEntity } from '../request/request.entity.js';
import { KeyListEntity } from '../signing/key-list.entity.js';
import { SlotEntity } from '../slot/slot.entity.js';
import { WordEntity } from '../word/word.entity.js';
import { Answers1764000000000 } from './answers.migration.js';
import { Arrival1764200000000 } from './arrival.migration.js';
import { Keys1763800000000 } from './keys.migration.js';
import { Live1763900000000 } from './live.migration.js';
import { Records1763700000000 } from './records.migration.js';
import { Signing1764100000000 } from './signing.migration.js';

/** What `dataSourceOptions` and `runMigrations` need besides a URL. */
export const REQUESTS_DATABASE = {
  schema: 'requests',
  entities: [
    RequestEntity,
    RequestEventEntity,
    GateRevisionEntity,
    GatePassedEntity,
    DecisionEntity,
    WordEntity,
    AnswerEntity,
    FactEntity,
    ArtifactEntity,
    UsageEntryEntity,
    SlotEntity,
    OutboxEntity,
    CallEntity,
    AuditEntryEntity,
    AuditPayloadEntity,
    KeyListEntity,
  ],
  migrations: [Records1763700000000, Keys1763800000000, Live1763900000000, Answers1764000000000, Signing1764100000000, Arrival1764200000000],
} as const;
