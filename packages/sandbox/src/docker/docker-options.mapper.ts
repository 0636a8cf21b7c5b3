import { digestOf } from '@countersign/domain/digest';
import type { ContainerCreateOptions } from 'dockerode';

import { EGRESS_CA, EGRESS_VARIABLES } from '../egress/egress-variables.js';
import { CACHE_MOUNT, type SandboxLimits, type SandboxMount, type SandboxSpec } from '../ports/sandbox.port.js';
import { OPEN_FILES, WORKSPACE, type Owner } from '../sandbox-spec.js';
import type { DockerGuards } from './docker-guards.js';

export const LABELS = {
  request: 'dev.countersign.request',
  installation: 'dev.countersign.installation',
  name: 'dev.countersign.name',
  spec: 'dev.countersign.spec',
} as const;

const MB = 1024 * 1024;

export type ContainerInput = {
  readonly owner: Owner;
  readonly installation: string;
  readonly guards: DockerGuards;
  /** Whose network it shares. */
  readonly forwarder?: string;
};

/** The container of a specification; `spec` among the labels is the digest of all the rest. */
export function containerOptions(spec: SandboxSpec, { owner, installation, guards, forwarder }: ContainerInput): ContainerCreateOptions {
  const egress = spec.egress === undefined ? [] : [{ source: spec.egress.caFile, target: EGRESS_CA, readOnly: true }];
  const cache = spec.cache === undefined ? [] : [{ source: spec.cache.folder, target: CACHE_MOUNT, readOnly: false }];
  const mounts = [{ source: spec.workspace, target: WORKSPACE, readOnly: spec.workspaceReadOnly }, ...cache, ...spec.mounts, ...egress];
  const options: ContainerCreateOptions = {
    Image: spec.image,
    // The image's own entrypoint is not ours to trust with staying alive.
    Entrypoint: ['/bin/sh', '-c', 'exec sleep 2147483647'],
    Cmd: [],
    User: `${owner.uid}:${owner.gid}`,
    WorkingDir: WORKSPACE,
    // The engine refuses a name beside a network that is another's.
    ...(forwarder === undefined && { Hostname: 'sandbox' }),
    // The root is read-only, and many tools insist on writing to their home.
    Env: Object.entries({ HOME: '/tmp', ...spec.cache?.env, ...spec.env, ...(spec.egress && EGRESS_VARIABLES) }).map(([name, value]) => `${name}=${value}`),
    HostConfig: hostConfig({ limits: spec.limits, mounts, network: guards.networkOf(forwarder) }),
  };
  const labels = { [LABELS.request]: spec.requestId, [LABELS.installation]: installation, [LABELS.name]: spec.name };
  return { ...options, Labels: { ...labels, [LABELS.spec]: digestOf({ options, labels }) } };
}

export type HostConfigInput = { readonly limits: SandboxLimits; readonly mounts: readonly SandboxMount[]; readonly network: string };

export function hostConfig({ limits, mounts, network }: HostConfigInput): NonNullable<ContainerCreateOptions['HostConfig']> {
  const { memoryMb, cpus, pids, fileMb, tmpMb } = limits;
  return {
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true'],
    NetworkMode: network,
    IpcMode: 'private',
    Privileged: false,
    Init: true,
    PidsLimit: pids,
    Memory: memoryMb * MB,
    MemorySwap: memoryMb * MB,
    NanoCpus: Math.round(cpus * 1e9),
    Ulimits: [
      { Name: 'fsize', Soft: fileMb * MB, Hard: fileMb * MB },
      { Name: 'nofile', Soft: OPEN_FILES, Hard: OPEN_FILES },
      { Name: 'core', Soft: 0, Hard: 0 },
    ],
    Tmpfs: { '/tmp': `rw,exec,nosuid,nodev,mode=1777,size=${tmpMb}m` },
    Mounts: mounts.map(({ source, target, readOnly }) => ({ Type: 'bind' as const, Source: source, Target: target, ReadOnly: readOnly })),
    LogConfig: { Type: 'none', Config: {} },
    RestartPolicy: { Name: 'no' },
  };
}
