import { INSTALLATION_MODELS, type ModelChoice } from '@countersign/domain';
import type { Logger } from '@countersign/platform';
import type { RecordsActivities } from '@countersign/workflow-contracts';

import { ActivityService } from './activity/activity.service.js';
import { AuditService } from './audit/audit.service.js';
import type { RecordsStore } from './database/records-store.repository.js';
import { DecideService } from './decision/decide.service.js';
import type { ArtifactReaderPort, LogReaderPort } from './document/artifact-reader.port.js';
import { DocumentService } from './document/document.service.js';
import { ErasureService } from './erasure/erasure.service.js';
import type { Guards } from './guards.js';
import type { Call, Clock } from './lifecycle/fence.js';
import type { LifecyclePort } from './lifecycle/lifecycle.port.js';
import { recordsActivities } from './lifecycle/records.activities.js';
import { LiveHub } from './live/live-hub.js';
import { LiveService } from './live/live.service.js';
import type { ExportFiles } from './log/export-files.js';
import { ExportService } from './log/export.service.js';
import type { LogPort } from './log/log.port.js';
import { LogService } from './log/log.service.js';
import type { TransparencyLog } from './log/transparency-log.js';
import { Delivery } from './outbox/delivery.js';
import { OutboxDispatcher } from './outbox/outbox.dispatcher.js';
import { AccessService } from './people/access.service.js';
import type { ProjectsPort } from './people/projects.port.js';
import { RepairService } from './repair/repair.service.js';
import { RequestService } from './request/request.service.js';
import type { RequestsParts } from './rpc/requests.module.js';
import type { KeyRing } from './signing/key-ring.js';
import { KeysService } from './signing/keys.service.js';
import { WordService } from './word/word.service.js';

export type PartsDeps = {
  readonly store: RecordsStore;
  readonly lifecycle: LifecyclePort;
  readonly projects: ProjectsPort;
  readonly keys: KeyRing;
  readonly log: LogPort;
  readonly artifacts: ArtifactReaderPort;
  readonly logs: LogReaderPort;
  readonly clock: Clock;
  readonly call: () => Call;
  readonly logger: Logger;
  readonly settings: RequestsSettings;
  readonly guards: Guards;
};

export type RequestsSettings = {
  readonly maxExecutions: number;
  readonly outboxIntervalMs: number;
  readonly decideDeadlineMs: number;
  readonly continueAsNewAfterEvents: number;
  /** What the installation uses where a project chooses no model. */
  readonly models: ModelChoice;
};

export const DEFAULT_REQUESTS_SETTINGS: RequestsSettings = {
  maxExecutions: 2,
  outboxIntervalMs: 1000,
  decideDeadlineMs: 2500,
  continueAsNewAfterEvents: 4000,
  models: INSTALLATION_MODELS,
};

type IntegrityParts = Pick<RequestsParts, 'keys' | 'log' | 'exports' | 'erasures'>;
export type Wired = Omit<RequestsParts, keyof IntegrityParts> & { readonly outbox: OutboxDispatcher; readonly hub: LiveHub; readonly records: RecordsActivities };

/** The whole service on its ports: what the Nest server, the worker and tests are given. */
export function wire(deps: PartsDeps): Wired {
  const { store, lifecycle, projects, keys, log, artifacts, logs, clock, call, logger, settings, guards } = deps;
  const delivery = new Delivery(store, lifecycle, clock, guards);
  const { outboxIntervalMs: intervalMs, decideDeadlineMs } = settings;
  const outbox = new OutboxDispatcher(store, delivery, clock, logger, { intervalMs, deadlineMs: decideDeadlineMs });
  const nudge = (): void => outbox.nudge();
  const access = new AccessService(projects, store, guards);
  const hub = new LiveHub();
  const deciding = { store, access, projects, keys, log, delivery, clock, guards, decideDeadlineMs };
  return {
    outbox,
    hub,
    requests: new RequestService({ store, access, projects, clock, guards, nudge }),
    decisions: new DecideService(deciding),
    words: new WordService(deciding),
    documents: new DocumentService(store, access, artifacts, logs),
    repairs: new RepairService({ store, access, lifecycle, clock, nudge }),
    trail: new AuditService(store, access, projects, { keys, log }),
    activities: new ActivityService({ store, clock, guards }, projects, { keys, log }),
    live: new LiveService({ store, access, projects, hub }),
    records: recordsActivities({ store, lifecycle, projects, keys, log, clock, settings, guards, call, nudge }),
  };
}

export type IntegrityDeps = Pick<PartsDeps, 'store' | 'projects' | 'keys' | 'clock' | 'guards'> & {
  readonly log: Pick<TransparencyLog, 'reader' | 'audit' | 'recovery' | 'settled'>;
  readonly files: ExportFiles;
};

/** Signing keys, the log and its exports: what needs the whole log and not only where entries lie. */
export function wireIntegrity({ store, projects, keys, clock, guards, log, files }: IntegrityDeps): IntegrityParts {
  const access = new AccessService(projects, store, guards);
  const { reader, recovery, audit } = log;
  return {
    keys: new KeysService({ store, access, keys, clock }),
    log: new LogService({ access, reader, recovery }),
    exports: new ExportService({ store, access, projects, keys, reader, audit, files, clock, settled: (tenantId) => log.settled(tenantId) }),
    erasures: new ErasureService({ store, access, projects, clock }),
  };
}
