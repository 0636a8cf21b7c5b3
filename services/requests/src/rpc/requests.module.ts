import { type DynamicModule, Module } from '@nestjs/common';

import { ActivityService } from '../activity/activity.service.js';
import { AuditService } from '../audit/audit.service.js';
import { DecideService } from '../decision/decide.service.js';
import { DocumentService } from '../document/document.service.js';
import { ErasureService } from '../erasure/erasure.service.js';
import { LiveService } from '../live/live.service.js';
import { ExportService } from '../log/export.service.js';
import { LogService } from '../log/log.service.js';
import { RepairService } from '../repair/repair.service.js';
import { RequestService } from '../request/request.service.js';
import { KeysService } from '../signing/keys.service.js';
import { WordService } from '../word/word.service.js';
import { ActivityController } from './activity.controller.js';
import { DocumentsController } from './documents.controller.js';
import { IntegrityController } from './integrity.controller.js';
import { LiveController } from './live.controller.js';
import { RequestsController } from './requests.controller.js';

export type RequestsParts = {
  readonly requests: RequestService;
  readonly decisions: DecideService;
  readonly words: WordService;
  readonly documents: DocumentService;
  readonly repairs: RepairService;
  readonly trail: AuditService;
  readonly activities: ActivityService;
  readonly live: LiveService;
  readonly keys: KeysService;
  readonly log: LogService;
  readonly exports: ExportService;
  readonly erasures: ErasureService;
};

@Module({})
export class RequestsModule {
  static of(parts: RequestsParts): DynamicModule {
    return {
      module: RequestsModule,
      controllers: [RequestsController, DocumentsController, ActivityController, LiveController, IntegrityController],
      providers: [
        { provide: RequestService, useValue: parts.requests },
        { provide: DecideService, useValue: parts.decisions },
        { provide: WordService, useValue: parts.words },
        { provide: DocumentService, useValue: parts.documents },
        { provide: RepairService, useValue: parts.repairs },
        { provide: AuditService, useValue: parts.trail },
        { provide: ActivityService, useValue: parts.activities },
        { provide: LiveService, useValue: parts.live },
        { provide: KeysService, useValue: parts.keys },
        { provide: LogService, useValue: parts.log },
        { provide: ExportService, useValue: parts.exports },
        { provide: ErasureService, useValue: parts.erasures },
      ],
    };
  }
}
