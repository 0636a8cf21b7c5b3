import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { assertPortFree, type PartInfo, type ProcessExit } from '@countersign/parts';
import { installRuntime, type Logger } from '@countersign/platform';

import { prepareDatabase } from './database-roles.js';
import { migrateIdentity } from './identity/identity.migrations.js';
import { startIdentity, type Identity } from './identity/identity.server.js';
import { writeWhole, type DataFolder } from './parts/data-folder.js';
import type { DataFolderLock } from './parts/data-folder-lock.js';
import { WebPart } from './parts/web.part.js';
import type { Provisioned } from './provisioned.js';
import type { Settings } from './settings.js';
import type { Shutdown } from './shutdown.js';
import { startParts } from './start-parts.js';
import { SignInReports } from './sign-in-reports.js';
import { startServices } from './start-services.js';

/** The audience of every access token. */
export const API_AUDIENCE = 'urn:countersign:api';

export type InstallationDeps = {
  readonly settings: Settings;
  readonly provisioned: Provisioned;
  readonly folder: DataFolder;
  readonly lock: DataFolderLock;
  readonly logger: Logger;
  readonly shutdown: Shutdown;
  /** Runs one step and shows how long it took. */
  readonly step: <T>(name: string, run: () => Promise<T>) => Promise<T>;
  /** One line for whoever started it. */
  readonly say: (line: string) => void;
  readonly onPartExit: (exit: ProcessExit) => void;
  readonly env: NodeJS.ProcessEnv;
};

export type Installation = {
  readonly addresses: Readonly<Record<string, string>>;
  readonly parts: readonly PartInfo[];
  readonly identity: Identity;
};

async function embeddedIdentity(
  { settings, folder, logger, shutdown }: InstallationDeps,
  { databaseUrl, ownerUrl, reports }: { readonly databaseUrl: string; readonly ownerUrl: string; readonly reports: SignInReports },
): Promise<Identity> {
  const dataDir = folder.file('identity');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await migrateIdentity(ownerUrl);
  const identity = await startIdentity({
    port: settings.ports.identity,
    databaseUrl,
    dataDir,
    operatorKeyFile: join(dataDir, 'operator.jwk'),
    clients: { webPort: settings.ports.console },
    apiAudience: API_AUDIENCE,
    onRefused: (subject) => reports.refused(subject),
    logger,
  });
  shutdown.add('identity', () => identity.close());
  return identity;
}

function sessionKeyOf(folder: DataFolder): string {
  const file = folder.file('secrets', 'console-session-key');
  if (!existsSync(file)) writeWhole(file, randomBytes(32).toString('base64url'));
  return readFileSync(file, 'utf8');
}

function consolePart({ settings, provisioned, folder, lock, onPartExit }: InstallationDeps, identity: Identity, gatewayUrl: string): WebPart {
  const { issuer, consoleClient } = identity;
  const port = settings.ports.console;
  return new WebPart({ folder, lock, onExit: onPartExit }, {
    root: provisioned.root,
    port,
    portSetting: 'COUNTERSIGN_CONSOLE_PORT',
    env: {
      COUNTERSIGN_ISSUER: issuer,
      COUNTERSIGN_OIDC_CLIENT_ID: consoleClient.id,
      COUNTERSIGN_OIDC_CLIENT_SECRET: consoleClient.secret.reveal(),
      COUNTERSIGN_CONSOLE_URL: `http://127.0.0.1:${port}`,
      COUNTERSIGN_GATEWAY_URL: gatewayUrl,
      COUNTERSIGN_SESSION_KEY: sessionKeyOf(folder),
    },
    readyPath: '/live',
  });
}

/** What `doctor` is told: nothing is wrong. */
const CONSOLE_OFF: PartInfo = { name: 'console', ok: true, version: 'off', where: 'COUNTERSIGN_CONSOLE=off' };

/** Told before anything is started. Postgres and Temporal look for themselves, once they ended what a killed start left. */
async function assertPortsFree({ ports, hasConsole }: Settings): Promise<void> {
  await assertPortFree(ports.identity, 'COUNTERSIGN_IDENTITY_PORT');
  await assertPortFree(ports.gateway, 'COUNTERSIGN_GATEWAY_PORT');
  if (hasConsole) await assertPortFree(ports.console, 'COUNTERSIGN_CONSOLE_PORT');
}

/** Everything on this machine: outside parts, identity, services, worker, gateway, console, in that order. */
export async function startInstallation(deps: InstallationDeps): Promise<Installation> {
  const { folder, logger, shutdown, step } = deps;
  await assertPortsFree(deps.settings);
  installRuntime(logger);
  const { postgres, temporal, infos } = await startParts(deps);
  const { ownerUrl, serviceUrl, separated } = await step('database', () => prepareDatabase(postgres.url, folder));
  const reports = new SignInReports(logger);
  shutdown.add('sign-in reports', async () => reports.close());
  const identity = await step('identity', () => embeddedIdentity(deps, { databaseUrl: serviceUrl('identity'), ownerUrl, reports }));
  const services = await startServices({
    ...deps,
    identity,
    reports,
    temporalAddress: temporal.address,
    database: (service) => ({ url: serviceUrl(service), ownerUrl }),
  });
  const web = deps.settings.hasConsole ? consolePart(deps, identity, services.gateway) : undefined;
  if (web) shutdown.add('console', () => web.stop());
  const webInfo = web ? await step('console', () => web.start()) : CONSOLE_OFF;

  const roles: PartInfo = {
    name: 'database-roles',
    ok: true,
    version: separated ? 'one role a service' : 'one role for all: append-only audit tables are not enforced',
    where: postgres.address,
  };
  const { uiUrl } = temporal;
  return {
    addresses: {
      ...(web && { console: web.url }),
      issuer: identity.issuer,
      postgres: postgres.address,
      temporal: temporal.address,
      ...(uiUrl !== undefined && { 'temporal-ui': uiUrl }),
      ...services,
    },
    parts: [...infos, roles, { ...webInfo, name: 'console' }],
    identity,
  };
}
