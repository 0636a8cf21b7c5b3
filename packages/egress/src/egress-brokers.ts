import { lookup } from 'node:dns/promises';
import { readFile, stat } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';

import { AppError, type EgressPhase, type EgressSettings } from '@countersign/domain';

import { type Broker, startBroker } from './broker.js';
import { sweepBrokerFolders } from './broker-folder.js';
import { credentialsFor, type ProjectNames, readCredentials } from './credentials.js';
import { DEFAULT_EGRESS_LIMITS, type EgressLimits } from './traffic-meter.js';
import type { Resolve } from './upstream.js';

export type EgressInstallation = {
  /** Folder for the sockets of brokers that run. */
  readonly dir: string;
  /** Read again for each broker, so that a change needs no restart. */
  readonly credentialsFile: string;
  /** PEM file of authorities that upstreams are verified against besides the usual ones: a company's own. */
  readonly extraCaFile?: string;
  /** Names, or `*.name`, whose addresses may be private. */
  readonly privateHosts: readonly string[];
  readonly limits?: EgressLimits;
  readonly resolve?: Resolve;
};

export type BrokerRequest = {
  readonly project: ProjectNames;
  readonly settings: EgressSettings;
  readonly phase: EgressPhase;
  /** Folder of the host that the sandbox works in: its owner is who runs inside. */
  readonly workspace: string;
  readonly tell: (line: string) => void;
};

/** Starts brokers for sandboxes. */
export interface EgressBrokers {
  /** @throws what `open` would refuse these rules with. */
  check(request: Pick<BrokerRequest, 'project' | 'settings'>): Promise<void>;
  /**
   * Undefined where no rule allows anything: such a sandbox has no network at all.
   *
   * @throws AppError EGRESS_REFUSED for a credential that the project may not use; EGRESS_UNAVAILABLE for what an operator mends.
   */
  open(request: BrokerRequest): Promise<Broker | undefined>;
  /** Removes what a killed worker left behind. */
  sweep(): Promise<number>;
}

const systemResolve: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

export function egressBrokers(installation: EgressInstallation): EgressBrokers {
  const { dir, credentialsFile, extraCaFile, privateHosts, limits = DEFAULT_EGRESS_LIMITS, resolve = systemResolve } = installation;
  const credentialsOf = async ({ project, settings }: Pick<BrokerRequest, 'project' | 'settings'>) =>
    credentialsFor([...settings.setup, ...settings.execute], await readCredentials(credentialsFile), project);
  return {
    async check(request) {
      if (hasRules(request.settings)) await credentialsOf(request);
    },
    async open({ project, settings, phase, workspace, tell }) {
      if (!hasRules(settings)) return undefined;
      const credentials = await credentialsOf({ project, settings });
      const trusted = [...getCACertificates('default'), ...(extraCaFile === undefined ? [] : [await readAuthorities(extraCaFile)])];
      const upstream = { resolve, privateHosts, trusted, connectTimeoutMs: limits.connectTimeoutMs };
      const { uid, gid } = await stat(workspace);
      return startBroker({ dir, owner: { uid, gid }, settings, phase, credentials, limits, upstream, tell });
    },
    sweep: () => sweepBrokerFolders(dir),
  };
}

function hasRules({ setup, execute }: EgressSettings): boolean {
  return setup.length + execute.length > 0;
}

async function readAuthorities(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new AppError('EGRESS_UNAVAILABLE', `${path}, the file of further certificate authorities, cannot be read (${error.code ?? 'unknown'})`);
  });
}
