import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { LOG_LEVELS, parseEnv, secretVariable, type Secret } from '@countersign/platform';
import { SANDBOX_CHOICES } from '@countersign/sandbox';
import { z } from 'zod';

import { modelSettingsOf, modelVariables } from './model-settings.js';

const port = (value: number, what: string) =>
  z.coerce.number().int().min(1).max(65_535).default(value).meta({ description: `Port of ${what}, on 127.0.0.1.` });
const count = (value: number, description: string) => z.coerce.number().int().min(1).default(value).meta({ description });
const flag = (description: string) =>
  z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .meta({ description });

/** Every setting of `npm start`, by its environment variable. `.env.example` is printed from this. */
export const settingsSchema = z.object({
  COUNTERSIGN_DATA_DIR: z.string().optional().meta({ description: 'Folder of all data; default `.countersign` in the clone.' }),
  COUNTERSIGN_CONSOLE: z
    .enum(['on', 'off'])
    .default('on')
    .meta({ description: 'The console; `off` where everybody works by CLI and API. Links in merge requests still name its port.' }),
  COUNTERSIGN_CONSOLE_PORT: port(3000, 'the console'),
  COUNTERSIGN_GATEWAY_PORT: port(4000, 'GraphQL'),
  COUNTERSIGN_IDENTITY_PORT: port(4010, 'the embedded identity'),
  COUNTERSIGN_POSTGRES_PORT: port(54329, 'the embedded Postgres'),
  COUNTERSIGN_TEMPORAL_PORT: port(7233, 'Temporal'),
  COUNTERSIGN_TEMPORAL_UI_PORT: port(8233, 'the Temporal UI'),
  DATABASE_URL: secretVariable.optional().meta({ description: 'A Postgres of your own in place of the embedded one.' }),
  TEMPORAL_ADDRESS: z.string().optional().meta({ description: 'A Temporal server (host:port) of your own in place of the embedded one.' }),
  DOCKER_HOST: z.string().optional().meta({ description: 'The container engine; default its usual socket.' }),
  COUNTERSIGN_SANDBOX: z
    .enum(SANDBOX_CHOICES)
    .default('auto')
    .meta({ description: 'Where programs of requests run: `auto` (docker while an engine answers, else bubblewrap), `docker`, `bubblewrap`.' }),
  COUNTERSIGN_SANDBOX_IMAGE: z.string().optional().meta({ description: 'Image of the sandbox; default one built on this machine.' }),
  COUNTERSIGN_REPO_ROOTS: z
    .string()
    .optional()
    .meta({ description: 'Folders, separated by `:`, below which a repository may be imported; default your home.' }),
  COUNTERSIGN_ALLOW_PRIVATE_HOSTS: flag('Lets a repository URL name a private or loopback address.'),
  COUNTERSIGN_IMPORT_MAX_MB: count(5000, 'Largest repository that is imported, in MB.'),
  COUNTERSIGN_IMPORT_MAX_MINUTES: count(30, 'Longest import, in minutes.'),
  COUNTERSIGN_WORKSPACE_CACHE_MB: count(4000, 'What the files kept for the next workspace of a repository may take, in MB.'),
  COUNTERSIGN_MAX_EXECUTIONS: count(2, 'Requests that execute at the same time.'),
  COUNTERSIGN_SANDBOX_MEMORY_MB: count(2048, 'Memory of one sandbox, in MB.'),
  COUNTERSIGN_SANDBOX_CPUS: z.coerce.number().min(0.1).default(2).meta({ description: 'CPUs of one sandbox.' }),
  COUNTERSIGN_EGRESS_CREDENTIALS: z
    .string()
    .optional()
    .meta({ description: 'File (mode 0600) of credentials for network rules; default `secrets/egress.json` in the data folder.' }),
  COUNTERSIGN_EGRESS_CA_FILE: z
    .string()
    .optional()
    .meta({ description: 'PEM file of authorities, a company\'s own for instance, that hosts reached from sandboxes may be verified against too.' }),
  COUNTERSIGN_EGRESS_PRIVATE_HOSTS: z
    .string()
    .optional()
    .meta({ description: 'Names, or `*.name`, separated by `,`, that network rules may reach at private addresses; default none.' }),
  ...modelVariables,
  COUNTERSIGN_REVIEWER: z.string().min(1).max(100).default('Countersign review').meta({ description: 'Name under which reviews are posted.' }),
  COUNTERSIGN_LIFECYCLE_EVENTS: count(4000, 'History events after which a lifecycle continues as new.'),
  COUNTERSIGN_ORIGIN: z
    .string()
    .regex(/^[!-*,-~]{1,200}$/, 'must be 1 to 200 printable characters without space and +')
    .optional()
    .meta({ description: 'Name of this installation in its transparency logs, `example.org/countersign` for instance; fixed at the first start. Default `countersign.local/<id>`.' }),
  COUNTERSIGN_LOG_LEVEL: z.enum(LOG_LEVELS).default('warn').meta({ description: 'What is logged to `logs/standalone.log` in the data folder.' }),
  SSH_AUTH_SOCK: z.string().optional().meta({ description: 'Your ssh agent, for repositories by ssh.' }),
});

export type Settings = ReturnType<typeof loadSettings>;

const optionalPath = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path));

/** @throws AppError CONFIG_INVALID naming each variable and rule. */
export function loadSettings(env: NodeJS.ProcessEnv, root: string) {
  const raw = parseEnv(settingsSchema, env);
  return {
    origin: raw.COUNTERSIGN_ORIGIN,
    dataDir: resolve(raw.COUNTERSIGN_DATA_DIR ?? join(root, '.countersign')),
    hasConsole: raw.COUNTERSIGN_CONSOLE === 'on',
    ports: {
      console: raw.COUNTERSIGN_CONSOLE_PORT,
      gateway: raw.COUNTERSIGN_GATEWAY_PORT,
      identity: raw.COUNTERSIGN_IDENTITY_PORT,
      postgres: raw.COUNTERSIGN_POSTGRES_PORT,
      temporal: raw.COUNTERSIGN_TEMPORAL_PORT,
      temporalUi: raw.COUNTERSIGN_TEMPORAL_UI_PORT,
    },
    databaseUrl: raw.DATABASE_URL satisfies Secret | undefined,
    temporalAddress: raw.TEMPORAL_ADDRESS,
    dockerHost: raw.DOCKER_HOST,
    repoRoots: (raw.COUNTERSIGN_REPO_ROOTS ?? homedir()).split(':').filter((folder) => folder !== '').map((folder) => resolve(folder)),
    allowPrivateHosts: raw.COUNTERSIGN_ALLOW_PRIVATE_HOSTS,
    importLimits: { bytes: raw.COUNTERSIGN_IMPORT_MAX_MB * 1_000_000, ms: raw.COUNTERSIGN_IMPORT_MAX_MINUTES * 60_000 },
    workspaceCacheBytes: raw.COUNTERSIGN_WORKSPACE_CACHE_MB * 1_000_000,
    maxExecutions: raw.COUNTERSIGN_MAX_EXECUTIONS,
    sandbox: {
      choice: raw.COUNTERSIGN_SANDBOX,
      image: raw.COUNTERSIGN_SANDBOX_IMAGE,
      limits: { memoryMb: raw.COUNTERSIGN_SANDBOX_MEMORY_MB, cpus: raw.COUNTERSIGN_SANDBOX_CPUS, pids: 512, fileMb: 1024, tmpMb: 512 },
    },
    egress: {
      credentialsFile: optionalPath(raw.COUNTERSIGN_EGRESS_CREDENTIALS),
      extraCaFile: optionalPath(raw.COUNTERSIGN_EGRESS_CA_FILE),
      privateHosts: (raw.COUNTERSIGN_EGRESS_PRIVATE_HOSTS ?? '').split(',').map((host) => host.trim().toLowerCase()).filter((host) => host !== ''),
    },
    models: modelSettingsOf(raw),
    reviewer: raw.COUNTERSIGN_REVIEWER,
    continueAsNewAfterEvents: raw.COUNTERSIGN_LIFECYCLE_EVENTS,
    logLevel: raw.COUNTERSIGN_LOG_LEVEL,
    sshAuthSock: raw.SSH_AUTH_SOCK,
  } as const;
}
