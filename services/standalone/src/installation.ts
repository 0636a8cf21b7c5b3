import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

import { startGateway } from '@countersign/gateway';
import type { Part, PartInfo } from '@countersign/parts';
import { installRuntime, ServiceTokens, TokenVerifier, type Logger } from '@countersign/platform';
import { startProjectsService } from '@countersign/projects';
import { startRequestsService } from '@countersign/requests';
import { startWorkerService } from '@countersign/worker';
import { WORKFLOW_BUNDLE_FILE } from '@countersign/worker/bundle';

import { prepareDatabase } from './database-roles.js';
import { migrateIdentity } from './identity/identity.migrations.js';
import { startIdentity, type Identity } from './identity/identity.server.js';
import { SAMPLE_PEOPLE } from './identity/sample-people.js';
import { writeWhole, type DataFolder } from './parts/data-folder.js';
import type { DataFolderLock } from './parts/data-folder-lock.js';
import { DockerPart } from './parts/docker.part.js';
import type { PartContext } from './parts/part-context.js';
import { PostgresPart, type PostgresPlace } from './parts/postgres.part.js';
import { TemporalPart } from './parts/temporal.part.js';
import { WebPart } from './parts/web.part.js';
import { partNamed, type Provisioned } from './provisioned.js';
import { seedPeople } from './seed-people.js';
import type { Settings } from './settings.js';
import type { Shutdown } from './shutdown.js';

export const API_AUDIENCE = 'urn:countersign:api';
const LOOPBACK = '127.0.0.1';

export type InstallationDeps = {
  readonly settings: Settings;
  readonly provisioned: Provisioned;
  readonly folder: DataFolder;
  readonly lock: DataFolderLock;
  readonly logger: Logger;
  readonly shutdown: Shutdown;
  /** Runs one step and shows how long it took. */
  readonly step: <T>(name: string, run: () => Promise<T>) => Promise<T>;
  readonly env: NodeJS.ProcessEnv;
};

export type Installation = {
  readonly addresses: Readonly<Record<string, string>>;
  readonly parts: readonly PartInfo[];
  readonly identity: Identity;
};

type Started = { readonly postgres: PostgresPart; readonly temporal: TemporalPart; readonly docker: DockerPart; readonly infos: PartInfo[] };

async function startParts({ settings, provisioned, folder, lock, shutdown, step, env, logger }: InstallationDeps): Promise<Started> {
  const context: PartContext = { folder, lock, onExit: (exit) => logger.error({ exit }, 'a part ended and is started again') };
  const { ports, databaseUrl, temporalAddress } = settings;
  const place = partNamed(provisioned, 'postgres') as PostgresPlace | undefined;
  const temporalPlace = partNamed(provisioned, 'temporal');
  const docker = new DockerPart({
    env,
    fix: partNamed(provisioned, 'docker')?.fix ?? 'Start Docker, for example with `sudo service docker start`.',
    releaseScript: join(provisioned.root, 'scripts/release-docker.mjs'),
    onChange: (engine) => logger.warn({ engine: engine?.host ?? null }, engine ? 'a container engine answers' : 'no container engine answers'),
  });
  const postgres = new PostgresPart(context, {
    databaseUrl: databaseUrl?.reveal(),
    port: ports.postgres,
    portSetting: 'COUNTERSIGN_POSTGRES_PORT',
    place,
  });
  const temporal = new TemporalPart(context, {
    address: temporalAddress,
    port: ports.temporal,
    portSetting: 'COUNTERSIGN_TEMPORAL_PORT',
    uiPort: ports.temporalUi,
    uiPortSetting: 'COUNTERSIGN_TEMPORAL_UI_PORT',
    place: temporalPlace,
  });
  const start = (part: Part): Promise<PartInfo> => {
    shutdown.add(part.name, () => part.stop());
    return step(part.name, () => part.start());
  };
  const dockerInfo = await start(docker);
  const infos = await Promise.all([start(postgres), start(temporal)]);
  return { postgres, temporal, docker, infos: [...infos, dockerInfo] };
}

function sessionKeyOf(folder: DataFolder): string {
  const file = folder.file('secrets', 'console-session-key');
  if (!existsSync(file)) writeWhole(file, randomBytes(32).toString('base64url'));
  return readFileSync(file, 'utf8');
}

/** Everything on this machine: outside parts, identity, services, worker, gateway, console, in that order. */
export async function startInstallation(deps: InstallationDeps): Promise<Installation> {
  const { settings, provisioned, folder, lock, logger, shutdown, step } = deps;
  installRuntime(logger);
  const { postgres, temporal, docker, infos } = await startParts(deps);
  const database = await step('database', () => prepareDatabase(postgres.url, folder));
  const ownerUrl = database.ownerUrl;
  const at = (service: Parameters<typeof database.serviceUrl>[0]) => ({ url: database.serviceUrl(service), ownerUrl });

  const identityDir = folder.file('identity');
  await mkdir(identityDir, { recursive: true, mode: 0o700 });
  const identity = await step('identity', async () => {
    await migrateIdentity(ownerUrl);
    return startIdentity({
      port: settings.ports.identity,
      databaseUrl: database.serviceUrl('identity'),
      dataDir: identityDir,
      operatorKeyFile: join(identityDir, 'operator.jwk'),
      clients: { webPort: settings.ports.console },
      apiAudience: API_AUDIENCE,
      logger,
    });
  });
  shutdown.add('identity', () => identity.close());

  const services = await startServices({ ...deps, identity, temporalAddress: temporal.address, docker, at });
  const addresses = {
    console: `http://${LOOPBACK}:${settings.ports.console}`,
    gateway: services.gatewayUrl,
    issuer: identity.issuer,
    temporal: temporal.address,
    'temporal-ui': temporal.uiUrl,
    postgres: infos[0]?.where ?? '',
    requests: `${LOOPBACK}:${services.requestsPort}`,
    projects: `${LOOPBACK}:${services.projectsPort}`,
  };
  const web = new WebPart({ folder, lock }, {
    root: provisioned.root,
    port: settings.ports.console,
    portSetting: 'COUNTERSIGN_CONSOLE_PORT',
    env: {
      COUNTERSIGN_ISSUER: identity.issuer,
      COUNTERSIGN_OIDC_CLIENT_ID: identity.consoleClient.id,
      COUNTERSIGN_OIDC_CLIENT_SECRET: identity.consoleClient.secret.reveal(),
      COUNTERSIGN_CONSOLE_URL: addresses.console,
      COUNTERSIGN_GATEWAY_URL: services.gatewayUrl,
      COUNTERSIGN_TEMPORAL_UI_URL: temporal.uiUrl ?? '',
      COUNTERSIGN_SESSION_KEY: sessionKeyOf(folder),
    },
    readyPath: '/auth/login',
  });
  shutdown.add('console', () => web.stop());
  const webInfo = await step('console', () => web.start());
  const roles: PartInfo = {
    name: 'database-roles',
    ok: true,
    version: database.separated ? 'one role a service' : 'one role for all: append-only audit tables are not enforced',
    where: infos[0]?.where ?? '',
  };
  return { addresses: withoutEmpty(addresses), parts: [...infos, roles, { ...webInfo, name: 'console' }], identity };
}

function withoutEmpty(addresses: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(addresses).flatMap(([name, address]) => (address ? [[name, address]] : [])));
}

function withHost(dockerHost: string | undefined): { readonly dockerHost?: string } {
  return dockerHost === undefined ? {} : { dockerHost };
}

type ServicesDeps = InstallationDeps & {
  readonly identity: Identity;
  readonly temporalAddress: string;
  readonly docker: DockerPart;
  readonly at: (service: 'requests' | 'projects' | 'worker' | 'gateway') => { readonly url: string; readonly ownerUrl: string };
};

async function startServices(deps: ServicesDeps): Promise<{ gatewayUrl: string; requestsPort: number; projectsPort: number }> {
  const { settings, folder, logger, shutdown, step, identity, at, provisioned } = deps;
  const keysDir = folder.file('secrets', 'services');
  await mkdir(keysDir, { recursive: true, mode: 0o700 });
  const tokensOf = async (name: 'requests' | 'projects' | 'worker' | 'gateway' | 'operator') => {
    const tokens = new ServiceTokens({ name, dir: keysDir });
    await tokens.prepare();
    return tokens;
  };
  const verifierOf = (audience: string) =>
    new TokenVerifier({ audience, issuer: identity.issuer, jwksUri: identity.jwksUri, apiAudience: API_AUDIENCE, serviceKeysDir: keysDir });
  const rpc = { host: LOOPBACK, port: 0 };
  const temporal = { address: deps.temporalAddress, namespace: 'default' };
  const dirs = {
    dataDir: folder.dir,
    artifactsDir: folder.file('artifacts'),
    logsDir: folder.file('request-logs'),
    reposDir: folder.file('repos'),
    gitHomeDir: folder.file('git-home'),
  };

  const operator = await tokensOf('operator');
  const projects = await step('projects', () =>
    startProjectsService({
      postgres: at('projects'),
      rpc,
      verifier: verifierOf('projects'),
      logger,
      reposDir: dirs.reposDir,
      gitHomeDir: dirs.gitHomeDir,
      settings: {
        repoRoots: settings.repoRoots,
        dataDir: folder.dir,
        importLimits: settings.importLimits,
        allowPrivateHosts: settings.allowPrivateHosts,
        ...(settings.sshAuthSock !== undefined && { sshAuthSock: settings.sshAuthSock }),
      },
    }),
  );
  shutdown.add('projects', () => projects.close());
  await seedPeople({ projects, tokens: operator, issuer: identity.issuer, people: SAMPLE_PEOPLE });

  const requestsTokens = await tokensOf('requests');
  const requests = await step('requests', () =>
    startRequestsService({
      postgres: at('requests'),
      rpc,
      projects,
      temporal,
      tokens: requestsTokens,
      verifier: verifierOf('requests'),
      logger,
      artifactsDir: dirs.artifactsDir,
      logsDir: dirs.logsDir,
      settings: {
        maxExecutions: settings.maxExecutions,
        consoleUrl: `http://${LOOPBACK}:${settings.ports.console}`,
        continueAsNewAfterEvents: settings.continueAsNewAfterEvents,
      },
    }),
  );
  shutdown.add('requests', () => requests.close());

  const workerTokens = await tokensOf('worker');
  const worker = await step('worker', () =>
    startWorkerService({
      postgres: at('worker'),
      temporal,
      requests,
      tokens: workerTokens,
      logger,
      ...dirs,
      bundlePath: join(provisioned.root, 'services/worker/dist', WORKFLOW_BUNDLE_FILE),
      tools: { packageDist: join(provisioned.root, 'activities/agent/dist'), resolveFrom: provisioned.root },
      sandbox: {
        image: settings.sandbox.image ?? partNamed(provisioned, 'sandbox-image')?.image ?? '',
        limits: settings.sandbox.limits,
        installation: folder.instanceId,
        ...withHost(partNamed(provisioned, 'docker')?.host),
      },
      reviewer: { name: settings.reviewer },
      requestUrl: (requestId) => `http://${LOOPBACK}:${settings.ports.console}/requests/${requestId}`,
      settings: {
        allowPrivateHosts: settings.allowPrivateHosts,
        repoRoots: settings.repoRoots,
        ...(settings.sshAuthSock !== undefined && { sshAuthSock: settings.sshAuthSock }),
      },
    }),
  );
  shutdown.add('worker', () => worker.close());

  const gatewayTokens = await tokensOf('gateway');
  const consoleHosts = [`${LOOPBACK}:${settings.ports.console}`, `localhost:${settings.ports.console}`];
  const gateway = await step('gateway', () =>
    startGateway({
      http: { host: LOOPBACK, port: settings.ports.gateway },
      allowedHosts: [`${LOOPBACK}:${settings.ports.gateway}`, `localhost:${settings.ports.gateway}`],
      allowedOrigins: consoleHosts.map((host) => `http://${host}`),
      requests,
      projects,
      verifier: verifierOf('gateway'),
      tokens: gatewayTokens,
      postgres: at('gateway'),
      logger,
    }),
  );
  shutdown.add('gateway', () => gateway.close());
  return { gatewayUrl: gateway.url, requestsPort: requests.port, projectsPort: projects.port };
}
