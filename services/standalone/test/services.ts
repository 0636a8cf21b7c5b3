import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { requestsRpc } from '@countersign/contracts';
import { type Gateway, startGateway } from '@countersign/gateway';
import { createLogger, ensureDatabase, RpcClient, rpcWithServiceToken, type ServiceRpc, type TemporalSettings, TokenVerifier } from '@countersign/platform';
import { testIssuer, testServiceTokens } from '@countersign/platform/testing';
import { startProjectsService } from '@countersign/projects';
import { startRequestsService } from '@countersign/requests';
import { createDatabase } from '@countersign/testing';
import pg from 'pg';

import { SAMPLE_PEOPLE } from '../src/identity/sample-people.js';
import { seedPeople } from '../src/seed-people.js';

export type Services = {
  readonly dir: string;
  readonly gateway: Gateway;
  /** Of the schema `requests`, with its own role. */
  readonly database: pg.Pool;
  readonly asWorker: ServiceRpc<typeof requestsRpc>;
  readonly tokenFor: (subject: string) => Promise<string>;
  /** A GraphQL document as this person. @throws Error with the answer where it is refused. */
  ask(token: string, query: string, variables?: object): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
};

/** Gateway and services on real Postgres in this process, with real RPC between them: what is measured is theirs alone. */
export async function startServices({ temporal, repoRoots = [] }: { readonly temporal: TemporalSettings; readonly repoRoots?: readonly string[] }): Promise<Services> {
  const dir = await mkdtemp(join(tmpdir(), 'countersign-services-'));
  const keys = testServiceTokens(join(dir, 'keys'));
  const issuer = await testIssuer();
  const services = ['projects', 'requests', 'gateway', 'log'].map((name) => ({ name, schema: name, password: 'x' }));
  const ensured = await ensureDatabase({ adminUrl: await createDatabase('live'), services, rolePrefix: `t${process.pid}` });
  const verifier = (audience: string) => new TokenVerifier({ ...issuer, audience, serviceKeysDir: keys.dir });
  const logger = createLogger('test', 'silent');
  const rpc = { host: '127.0.0.1', port: 0 };
  const postgres = (name: string) => ({ url: ensured.serviceUrl(name), ownerUrl: ensured.ownerUrl });
  const projects = await startProjectsService({
    postgres: postgres('projects'),
    rpc,
    verifier: verifier('projects'),
    logger,
    reposDir: join(dir, 'repos'),
    gitHomeDir: join(dir, 'git-home'),
    settings: { repoRoots, dataDir: dir, importLimits: { bytes: 100_000_000, ms: 60_000 }, allowPrivateHosts: false },
  });
  const requests = await startRequestsService({
    postgres: postgres('requests'),
    rpc,
    projects,
    temporal,
    tokens: await keys.as('requests'),
    verifier: verifier('requests'),
    artifactsDir: join(dir, 'artifacts'),
    logsDir: join(dir, 'logs'),
    keysDir: join(dir, 'signing'),
    log: { postgres: postgres('log'), origin: 'countersign.test', exportsDir: join(dir, 'exports') },
    logger,
  });
  await seedPeople({ projects, tokens: await keys.as('operator'), issuer: issuer.issuer, people: SAMPLE_PEOPLE });
  const gateway = await startGateway({
    http: rpc,
    allowedHosts: ['127.0.0.1'],
    allowedOrigins: [],
    requests,
    projects,
    verifier: verifier('gateway'),
    tokens: await keys.as('gateway'),
    postgres: postgres('gateway'),
    gitHomeDir: join(dir, 'git-home'),
    logger,
  });
  const client = new RpcClient(requestsRpc, requests);
  const database = new pg.Pool({ connectionString: ensured.serviceUrl('requests'), options: '-c search_path=requests' });
  return {
    dir,
    gateway,
    database,
    asWorker: rpcWithServiceToken(client, await keys.as('worker'), 'requests'),
    tokenFor: (subject) => issuer.tokenFor({ subject }),
    async ask(token, query, variables = {}) {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as { readonly data?: Readonly<Record<string, unknown>>; readonly errors?: unknown };
      if (errors !== undefined || !data) throw new Error(JSON.stringify(errors));
      return data;
    },
    async close() {
      await gateway.close();
      client.close();
      await requests.close();
      await projects.close();
      await database.end();
      await issuer.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
