import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { startGateway } from '@countersign/gateway';
import { ProcessHost, type ProcessRunner } from '@countersign/git';
import { Refusals, ServiceTokens, TokenVerifier } from '@countersign/platform';
import { startProjectsService } from '@countersign/projects';
import { type RequestsService, startRequestsService } from '@countersign/requests';
import { startWorkerService } from '@countersign/worker';
import { WORKFLOW_BUNDLE_FILE } from '@countersign/worker/bundle';

import type { DatabaseService } from './database-roles.js';
import { API_AUDIENCE, type InstallationDeps } from './installation.js';
import type { Identity } from './identity/identity.server.js';
import { SAMPLE_PEOPLE } from './identity/sample-people.js';
import { scriptImageProvisioner } from './parts/image-provisioner.adapter.js';
import { originOf } from './origin.js';
import { partNamed, type ProvisionedPart } from './provisioned.js';
import { seedPeople } from './seed-people.js';
import type { SignInReports } from './sign-in-reports.js';

const LOOPBACK = '127.0.0.1';
/** Port 0: the services find each other here, so each takes a free one. */
const RPC = { host: LOOPBACK, port: 0 };

export type ServicesDeps = InstallationDeps & {
  readonly identity: Pick<Identity, 'issuer' | 'jwksUri'>;
  readonly temporalAddress: string;
  readonly reports: SignInReports;
  readonly database: (service: DatabaseService) => { readonly url: string; readonly ownerUrl: string };
};
/** One counter for all that answer in this process, one starter for their git. */
type Shared = ServicesDeps & { readonly refusals: Refusals; readonly runGit: ProcessRunner };

type Address = { readonly host: string; readonly port: number };
type Keys = {
  tokensOf(name: 'requests' | 'projects' | 'worker' | 'gateway' | 'operator'): Promise<ServiceTokens>;
  verifierOf(audience: string): TokenVerifier;
};

/** Each service has a key pair of its own; the others read its public half. */
async function keysOf({ folder, identity }: ServicesDeps): Promise<Keys> {
  const dir = folder.file('secrets', 'services');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  return {
    async tokensOf(name) {
      const tokens = new ServiceTokens({ name, dir });
      await tokens.prepare();
      return tokens;
    },
    verifierOf: (audience) =>
      new TokenVerifier({ audience, issuer: identity.issuer, jwksUri: identity.jwksUri, apiAudience: API_AUDIENCE, serviceKeysDir: dir }),
  };
}

function dirsOf({ folder }: ServicesDeps) {
  return {
    dataDir: folder.dir,
    artifactsDir: folder.file('artifacts'),
    logsDir: folder.file('request-logs'),
    reposDir: folder.file('repos'),
    gitHomeDir: folder.file('git-home'),
  };
}

async function projectsService(deps: Shared, keys: Keys): Promise<Address> {
  const { settings, logger, refusals, shutdown, identity, folder, database, reports, runGit } = deps;
  const { reposDir, gitHomeDir } = dirsOf(deps);
  const { repoRoots, importLimits, allowPrivateHosts, sshAuthSock } = settings;
  const projects = await startProjectsService({
    postgres: database('projects'),
    rpc: RPC,
    verifier: keys.verifierOf('projects'),
    logger,
    refusals,
    reposDir,
    gitHomeDir,
    runGit,
    settings: { repoRoots, dataDir: folder.dir, importLimits, allowPrivateHosts, ...(sshAuthSock !== undefined && { sshAuthSock }) },
  });
  shutdown.add('projects', () => projects.close());
  const operator = { projects, tokens: await keys.tokensOf('operator'), issuer: identity.issuer };
  await seedPeople({ ...operator, people: SAMPLE_PEOPLE });
  reports.connect(operator);
  return projects;
}

async function requestsService(deps: Shared, keys: Keys, projects: Address): Promise<RequestsService> {
  const { settings, logger, refusals, shutdown, database, temporalAddress, folder } = deps;
  const { artifactsDir, logsDir } = dirsOf(deps);
  const requests = await startRequestsService({
    postgres: database('requests'),
    rpc: RPC,
    projects,
    temporal: { address: temporalAddress, namespace: 'default' },
    tokens: await keys.tokensOf('requests'),
    verifier: keys.verifierOf('requests'),
    logger,
    refusals,
    artifactsDir,
    logsDir,
    keysDir: folder.file('secrets', 'signing'),
    log: { postgres: database('log'), origin: originOf(folder, settings.origin), exportsDir: folder.file('exports') },
    settings: { maxExecutions: settings.maxExecutions, continueAsNewAfterEvents: settings.continueAsNewAfterEvents, models: settings.models.choice },
  });
  shutdown.add('requests', () => requests.close());
  return requests;
}

function bubblewrapOf({ where: program, image, tree: root }: ProvisionedPart) {
  return { program, ...(image !== undefined && { image }), ...(root !== undefined && { root }) };
}

async function workerService(deps: Shared, keys: Keys, requests: RequestsService): Promise<void> {
  const { settings, logger, shutdown, database, temporalAddress, provisioned, folder, env, runGit } = deps;
  const { root } = provisioned;
  const { repoRoots, allowPrivateHosts, sshAuthSock, sandbox, egress, ports, reviewer, workspaceCacheBytes } = settings;
  // An engine that is away now is waited for at the place that was named.
  const dockerHost = partNamed(provisioned, 'docker')?.host ?? settings.dockerHost;
  const bubblewrap = partNamed(provisioned, 'bubblewrap');
  const worker = await startWorkerService({
    ...dirsOf(deps),
    runGit,
    postgres: database('worker'),
    temporal: { address: temporalAddress, namespace: 'default' },
    requests,
    rootKey: requests.rootKey,
    tokens: await keys.tokensOf('worker'),
    logger,
    bundlePath: join(root, 'services/worker/dist', WORKFLOW_BUNDLE_FILE),
    tools: { packageDist: join(root, 'activities/agent/dist'), resolveFrom: root },
    sandbox: {
      image: sandbox.image ?? partNamed(provisioned, 'sandbox-image')?.image ?? bubblewrap?.image ?? '',
      limits: sandbox.limits,
      provisioner: scriptImageProvisioner({ root, env }),
      installation: folder.instanceId,
      choice: sandbox.choice,
      ...(bubblewrap?.ok === true && { bubblewrap: bubblewrapOf(bubblewrap) }),
      ...(dockerHost !== undefined && { dockerHost }),
    },
    egress: {
      credentialsFile: egress.credentialsFile ?? folder.file('secrets', 'egress.json'),
      privateHosts: egress.privateHosts,
      ...(egress.extraCaFile !== undefined && { extraCaFile: egress.extraCaFile }),
    },
    models: settings.models,
    reviewer: { name: reviewer },
    requestUrl: (requestId) => `http://${LOOPBACK}:${ports.console}/requests/${requestId}`,
    settings: { repoRoots, allowPrivateHosts, workspaceCacheBytes, ...(sshAuthSock !== undefined && { sshAuthSock }) },
  });
  shutdown.add('worker', () => worker.close());
}

async function gatewayService(deps: Shared, keys: Keys, projects: Address, requests: Address): Promise<string> {
  const { settings, logger, refusals, shutdown, database } = deps;
  const { ports } = settings;
  const hosts = (port: number): string[] => [`${LOOPBACK}:${port}`, `localhost:${port}`];
  const gateway = await startGateway({
    http: { host: LOOPBACK, port: ports.gateway },
    allowedHosts: hosts(ports.gateway),
    allowedOrigins: hosts(ports.console).map((host) => `http://${host}`),
    requests,
    projects,
    verifier: keys.verifierOf('gateway'),
    tokens: await keys.tokensOf('gateway'),
    postgres: database('gateway'),
    gitHomeDir: dirsOf(deps).gitHomeDir,
    logger,
    refusals,
  });
  shutdown.add('gateway', () => gateway.close());
  return gateway.url;
}

/** The services and the worker, each knowing only where the ones it calls answer. */
export async function startServices(deps: ServicesDeps): Promise<Readonly<Record<'gateway' | 'requests' | 'projects', string>>> {
  const { step } = deps;
  const keys = await keysOf(deps);
  const git = new ProcessHost(deps.folder.dir);
  deps.shutdown.add('git', async () => git.close());
  const runGit: ProcessRunner = (...start) => git.run(...start);
  const shared = { ...deps, refusals: new Refusals(), runGit };
  const projects = await step('projects', () => projectsService(shared, keys));
  const requests = await step('requests', () => requestsService(shared, keys, projects));
  await step('worker', () => workerService(shared, keys, requests));
  const gateway = await step('gateway', () => gatewayService(shared, keys, projects, requests));
  const at = ({ host, port }: Address): string => `${host}:${port}`;
  return { gateway, requests: at(requests), projects: at(projects) };
}
