import { stat } from 'node:fs/promises';

import { AppError } from '@countersign/domain';
import { digestOf } from '@countersign/domain/digest';
import type { ContainerCreateOptions } from 'dockerode';

import type { SandboxSpec } from '../ports/sandbox.port.js';

export const LABELS = {
  request: 'dev.countersign.request',
  installation: 'dev.countersign.installation',
  name: 'dev.countersign.name',
  spec: 'dev.countersign.spec',
} as const;

export const WORKSPACE = '/workspace';
const MB = 1024 * 1024;
const OPEN_FILES = 4096;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

export type Owner = { readonly uid: number; readonly gid: number };

function refuse(field: string, message: string): never {
  throw new AppError('INVALID_INPUT', message, { field });
}

/** @throws AppError INVALID_INPUT naming what is refused: nothing unisolated is ever opened. */
export function requireSpec(spec: SandboxSpec): void {
  if (!NAME.test(spec.name)) refuse('name', 'A sandbox name is 1 to 100 letters, digits, dots, dashes and underscores');
  if (!NAME.test(spec.requestId)) refuse('requestId', 'A request id is 1 to 100 letters, digits, dots, dashes and underscores');
  for (const mount of spec.mounts) {
    if (!mount.readOnly) refuse('mounts', 'Only the workspace may be mounted for writing');
    if (mount.target === WORKSPACE || !mount.target.startsWith('/')) refuse('mounts', 'A mount needs an absolute target of its own');
  }
  const { cpus, ...whole } = spec.limits;
  const isWhole = Object.values(whole).every((limit) => Number.isSafeInteger(limit) && limit > 0);
  if (!isWhole || !(cpus > 0) || !Number.isFinite(cpus)) refuse('limits', 'Limits must be positive numbers, all but cpus whole');
}

/**
 * Who runs inside: the owner of the workspace.
 *
 * @throws AppError INVALID_INPUT for root, for a folder that is none, and for a mounted socket.
 */
export async function ownerOf(spec: SandboxSpec): Promise<Owner> {
  for (const { source } of spec.mounts) {
    const found = await stat(source).catch(() => undefined);
    if (!found?.isDirectory() && !found?.isFile()) refuse('mounts', `${source} is neither a folder nor a file`);
  }
  const found = await stat(spec.workspace).catch(() => undefined);
  if (!found?.isDirectory()) refuse('workspace', `${spec.workspace} is no folder`);
  if (found.uid === 0 || found.gid === 0) refuse('workspace', `${spec.workspace} belongs to root; a sandbox never runs as root`);
  return { uid: found.uid, gid: found.gid };
}

/** The container of a specification; `spec` among the labels is the digest of all the rest. */
export function containerOptions(spec: SandboxSpec, owner: Owner, installation: string): ContainerCreateOptions {
  const options: ContainerCreateOptions = {
    Image: spec.image,
    // The image's own entrypoint is not ours to trust with staying alive.
    Entrypoint: ['/bin/sh', '-c', 'exec sleep 2147483647'],
    Cmd: [],
    User: `${owner.uid}:${owner.gid}`,
    WorkingDir: WORKSPACE,
    Hostname: 'sandbox',
    // The root is read-only, and many tools insist on writing to their home.
    Env: Object.entries({ HOME: '/tmp', ...spec.env }).map(([name, value]) => `${name}=${value}`),
    HostConfig: hostConfig(spec),
  };
  const labels = { [LABELS.request]: spec.requestId, [LABELS.installation]: installation, [LABELS.name]: spec.name };
  return { ...options, Labels: { ...labels, [LABELS.spec]: digestOf({ options, labels }) } };
}

function hostConfig(spec: SandboxSpec): NonNullable<ContainerCreateOptions['HostConfig']> {
  const { memoryMb, cpus, pids, fileMb, tmpMb } = spec.limits;
  const mounts = [{ source: spec.workspace, target: WORKSPACE, readOnly: spec.workspaceReadOnly }, ...spec.mounts];
  return {
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true'],
    NetworkMode: 'none',
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
