import { setTimeout as sleep } from 'node:timers/promises';

import { AppError } from '@countersign/domain';
import type { Logger } from '@countersign/platform';

import type { Database } from '../store/database.repository.js';
import type { ImportOutcome } from './project.repository.js';
import type { ProjectEntity } from './project.entity.js';
import { bareDirOf } from './project.mapper.js';
import type { RepositoryImporterPort } from './repository-importer.port.js';

const PROGRESS_EVERY_MS = 500;
const RETRY_STORE_MS = 1_000;
const MAX_AT_ONCE = 2;
const MAX_MESSAGE_CHARS = 2_000;

/** Imports in the background, two at a time. The row says how far it is; one left over by a killed process is begun again. */
export class ImportRunner {
  private readonly stopping = new AbortController();
  private readonly running = new Set<Promise<void>>();
  private readonly waiting: ProjectEntity[] = [];

  constructor(
    private readonly database: Database,
    private readonly importer: RepositoryImporterPort,
    private readonly reposDir: string,
    private readonly logger: Logger,
  ) {}

  async resume(): Promise<void> {
    for (const project of await this.database.stores.projects.importing()) this.start(project);
  }

  start(project: ProjectEntity): void {
    this.waiting.push(project);
    this.next();
  }

  /** Ends running imports; their rows stay `importing` for the next start. */
  async close(): Promise<void> {
    this.stopping.abort();
    this.waiting.length = 0;
    await Promise.all(this.running);
  }

  private next(): void {
    if (this.stopping.signal.aborted || this.running.size >= MAX_AT_ONCE) return;
    const project = this.waiting.shift();
    if (!project) return;
    const run: Promise<void> = this.run(project)
      .catch((error: unknown) => this.logger.error({ err: error, project: project.id }, 'an import could not be recorded'))
      .finally(() => {
        this.running.delete(run);
        this.next();
      });
    this.running.add(run);
  }

  private async run(project: ProjectEntity): Promise<void> {
    const progress = new ProgressWriter((importProgress) => this.database.stores.projects.noteImport(project, { importProgress }));
    let outcome: Partial<ImportOutcome>;
    try {
      const { branch } = await this.importer.import({
        source: project.repo,
        bareDir: bareDirOf(this.reposDir, project.id),
        ...(project.branch === '' ? {} : { branch: project.branch }),
        onProgress: (text) => progress.write(text),
        signal: this.stopping.signal,
      });
      outcome = { importState: 'ready', importProgress: 'imported', branch };
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      outcome = this.failureOf(project, error);
    }
    await progress.settled();
    await this.record(project, outcome);
  }

  private failureOf(project: ProjectEntity, error: unknown): Partial<ImportOutcome> {
    const known = error instanceof AppError;
    if (!known) this.logger.error({ err: error, project: project.id }, 'an import failed unexpectedly');
    return {
      importState: 'failed',
      importCode: known ? error.code : 'INTERNAL',
      importMessage: known ? error.message.slice(0, MAX_MESSAGE_CHARS) : 'Something went wrong; the log of the service says what',
    };
  }

  /** The import is done whatever the database does meanwhile, so its result is kept until it can be stored. */
  private async record(project: ProjectEntity, outcome: Partial<ImportOutcome>): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        return await this.store(project, outcome);
      } catch (error) {
        this.logger.warn({ err: error, project: project.id }, "an import's result is not stored yet");
        await sleep(RETRY_STORE_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
  }

  private async store(project: ProjectEntity, outcome: Partial<ImportOutcome>): Promise<void> {
    const { tenantId, id, name } = project;
    await this.database.inTransaction(async ({ projects, audit }) => {
      if (!(await projects.noteImport(project, outcome))) return;
      await audit.append({
        tenantId,
        type: outcome.importState === 'ready' ? 'project.imported' : 'project.import-failed',
        actor: 'service:projects',
        at: new Date(),
        subject: `project/${id}`,
        payload: { name, ...(outcome.branch === undefined ? {} : { branch: outcome.branch }), code: outcome.importCode ?? null },
      });
    });
  }
}

/** Writes the newest text at most each half second; progress that cannot be written is not worth a failure. */
class ProgressWriter {
  private latest: string | undefined;
  private writing: Promise<void> | undefined;

  constructor(private readonly store: (text: string) => Promise<unknown>) {}

  write(text: string): void {
    this.latest = text;
    this.writing ??= this.drain();
  }

  async settled(): Promise<void> {
    this.latest = undefined;
    await this.writing;
  }

  private async drain(): Promise<void> {
    while (this.latest !== undefined) {
      const text = this.latest.slice(0, MAX_MESSAGE_CHARS);
      this.latest = undefined;
      await this.store(text).catch(() => undefined);
      await sleep(PROGRESS_EVERY_MS);
    }
    this.writing = undefined;
  }
}
