import type { ProcessRunner } from '@countersign/git';
import { type Logger, type Refusals, runMigrations, startRpcServer, type TokenVerifier } from '@countersign/platform';

import { AuditTrail } from './audit/audit-trail.service.js';
import { ErasureService } from './person/erasure.service.js';
import { PersonService } from './person/person.service.js';
import { ViewerService } from './person/viewer.service.js';
import { CedarAdapter } from './policy/cedar.adapter.js';
import { GitImporterAdapter, type ImportLimits } from './project/git-importer.adapter.js';
import { ImportRunner } from './project/import-runner.service.js';
import { ProjectService } from './project/project.service.js';
import { ReposDir } from './project/repos-dir.js';
import type { RepositoryImporterPort } from './project/repository-importer.port.js';
import { ProjectsModule } from './projects.module.js';
import { RoleService } from './role/role.service.js';
import { SignInService } from './sign-in/sign-in.service.js';
import { Database, projectsDatabase } from './store/database.repository.js';

export type ProjectsServiceDeps = {
  /** `url`: the service's own role; `ownerUrl`: for migrations only. */
  readonly postgres: { readonly url: string; readonly ownerUrl: string };
  /** Port 0 takes a free one. */
  readonly rpc: { readonly host: string; readonly port: number };
  readonly verifier: Pick<TokenVerifier, 'verify'>;
  readonly logger: Logger;
  /** Counts who is refused at the RPC port. */
  readonly refusals?: Refusals;
  /** Bare copies lie at `<reposDir>/<projectId>.git`. */
  readonly reposDir: string;
  /** Home and configuration of our own git. */
  readonly gitHomeDir: string;
  /** Who starts git; by default the service itself. */
  readonly runGit?: ProcessRunner;
  readonly settings: {
    /** Absolute folders below which a source may lie. */
    readonly repoRoots: readonly string[];
    readonly dataDir: string;
    readonly importLimits: ImportLimits;
    readonly allowPrivateHosts: boolean;
    readonly sshAuthSock?: string;
  };
  /** Stands in for git; for tests. */
  readonly importer?: RepositoryImporterPort;
};

export type ProjectsService = {
  readonly host: string;
  readonly port: number;
  /** Ends calls first, then imports (begun again at the next start), then the database. Safe to call twice. */
  close(): Promise<void>;
};

/** Migrates the schema `projects`, goes on with interrupted imports and answers `projectsRpc`. */
export async function startProjectsService(deps: ProjectsServiceDeps): Promise<ProjectsService> {
  await runMigrations(projectsDatabase(deps.postgres.ownerUrl));
  const importer = deps.importer ?? (await GitImporterAdapter.create({ homeDir: deps.gitHomeDir, runGit: deps.runGit, ...deps.settings }));
  const database = await Database.connect(deps.postgres.url);
  const runner = new ImportRunner(database, importer, deps.reposDir, deps.logger);
  try {
    const server = await startRpcServer({ ...deps.rpc, module: moduleOf(deps, database, importer, runner), verifier: deps.verifier, logger: deps.logger, ...refusedBy(deps) });
    await runner.resume();
    let closing: Promise<void> | undefined;
    const closeAll = async (): Promise<void> => {
      await server.close();
      await runner.close();
      await database.close();
    };
    return { host: server.host, port: server.port, close: () => (closing ??= closeAll()) };
  } catch (error) {
    await runner.close();
    await database.close();
    throw error;
  }
}

function refusedBy({ refusals }: ProjectsServiceDeps) {
  return refusals ? { refused: refusals.at('rpc:projects') } : {};
}

function moduleOf({ logger, reposDir }: ProjectsServiceDeps, database: Database, importer: RepositoryImporterPort, runner: ImportRunner) {
  const viewers = new ViewerService(database);
  const trail = new AuditTrail(database);
  const cedar = new CedarAdapter(logger);
  return ProjectsModule.of({
    trail,
    viewers,
    cedar,
    people: new PersonService(database, viewers, trail),
    roles: new RoleService(viewers, trail),
    projects: new ProjectService({ database, viewers, trail, cedar, importer, runner, reposDir }),
    repos: new ReposDir(reposDir),
    signIns: new SignInService(database),
    erasures: new ErasureService(database, viewers, trail),
  });
}
