import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { projectsRpc, type RpcInput, type RpcOutput } from '@countersign/contracts';
import { createLogger, ensureDatabase, RpcClient, rpcWithServiceToken, type ServiceRpc, TokenVerifier } from '@countersign/platform';
import { testIssuer, type TestIssuer, testServiceTokens } from '@countersign/platform/testing';
import { createDatabase } from '@countersign/testing';
import pg from 'pg';

import { type ProjectsService, type ProjectsServiceDeps, startProjectsService } from '../src/index.js';

type Contract = typeof projectsRpc;

/** A caller of the service: one person's or one service's credential. */
export type As = ServiceRpc<Contract>;

export type ProjectsHarness = {
  readonly dir: string;
  readonly dataDir: string;
  readonly reposDir: string;
  readonly adminUrl: string;
  readonly serviceUrl: string;
  readonly ownerUrl: string;
  readonly issuer: TestIssuer;
  start(over?: Partial<ProjectsServiceDeps>): Promise<ProjectsService>;
  person(subject: string): As;
  service(name: string): As;
  seed(tenant: string, people: Readonly<Record<string, 'admin' | 'maintainer' | 'reviewer' | 'observer'>>): Promise<string>;
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[], url?: string): Promise<Row[]>;
  close(): Promise<void>;
};

/** A fresh database with separated roles, real tokens, and the service on a free port. */
export async function projectsHarness(): Promise<ProjectsHarness> {
  const dir = await mkdtemp(join(tmpdir(), 'projects-'));
  const dataDir = join(dir, 'data');
  const reposDir = join(dataDir, 'repos');
  await mkdir(reposDir, { recursive: true });
  const adminUrl = await createDatabase('projects');
  const rolePrefix = `t${randomBytes(4).toString('hex')}`;
  const database = await ensureDatabase({ adminUrl, rolePrefix, services: [{ name: 'projects', schema: 'projects', password: 'secret' }] });
  const issuer = await testIssuer();
  const tokens = testServiceTokens(join(dir, 'keys'));
  const verifier = new TokenVerifier({ ...issuer, audience: 'projects', serviceKeysDir: join(dir, 'keys') });
  const postgres = { url: database.serviceUrl('projects'), ownerUrl: database.ownerUrl };

  let running: ProjectsService | undefined;
  let client: RpcClient<Contract> | undefined;
  const connected = (): RpcClient<Contract> => {
    if (!client) throw new Error('start the service first');
    return client;
  };

  const harness: ProjectsHarness = {
    dir,
    dataDir,
    reposDir,
    adminUrl,
    serviceUrl: postgres.url,
    ownerUrl: postgres.ownerUrl,
    issuer,
    async start(over = {}) {
      client?.close();
      await running?.close();
      running = await startProjectsService({
        postgres,
        rpc: { host: '127.0.0.1', port: 0 },
        verifier,
        logger: createLogger('projects', 'silent'),
        reposDir,
        gitHomeDir: join(dir, 'git-home'),
        settings: { repoRoots: [join(dir, 'sources')], dataDir, importLimits: { bytes: 50_000_000, ms: 60_000 }, allowPrivateHosts: false },
        ...over,
      });
      client = new RpcClient(projectsRpc, { host: running.host, port: running.port });
      return running;
    },
    person: (subject) => ({
      call: async <Name extends keyof Contract & string>(name: Name, input: RpcInput<Contract, Name>): Promise<RpcOutput<Contract, Name>> =>
        connected().call(name, input, await issuer.tokenFor({ subject })),
    }),
    service: (name) => ({
      call: async <Name extends keyof Contract & string>(method: Name, input: RpcInput<Contract, Name>): Promise<RpcOutput<Contract, Name>> =>
        rpcWithServiceToken(connected(), await tokens.as(name), 'projects').call(method, input),
    }),
    async seed(tenant, people) {
      const given = Object.entries(people).map(([subject, role]) => ({ subject, name: subject, role }));
      const { tenantId } = await harness.service('operator').call('people.seed', { tenant, issuer: issuer.issuer, people: given });
      return tenantId;
    },
    async query(sql, values = [], url = adminUrl) {
      const connection = new pg.Client({ connectionString: url });
      await connection.connect();
      try {
        return (await connection.query(sql, [...values])).rows;
      } finally {
        await connection.end();
      }
    },
    async close() {
      client?.close();
      await running?.close();
      await issuer.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return harness;
}
