import { lstat, stat } from 'node:fs/promises';

import { AppError } from '@countersign/domain';

import { CACHE_MOUNT, type SandboxSpec } from './ports/sandbox.port.js';

export const WORKSPACE = '/workspace';
/** Open files of one process, in every adapter. */
export const OPEN_FILES = 4096;
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
    if (!mount.readOnly) refuse('mounts', 'Only the workspace and the cache may be mounted for writing');
    if (mount.target === WORKSPACE || mount.target === CACHE_MOUNT || !mount.target.startsWith('/')) refuse('mounts', 'A mount needs an absolute target of its own');
  }
  const { cpus, ...whole } = spec.limits;
  const isWhole = Object.values(whole).every((limit) => Number.isSafeInteger(limit) && limit > 0);
  if (!isWhole || !(cpus > 0) || !Number.isFinite(cpus)) refuse('limits', 'Limits must be positive numbers, all but cpus whole');
}

/**
 * Who runs inside: the owner of the workspace.
 *
 * @throws AppError INVALID_INPUT for root, for a folder that is none, for a cache of somebody else, and for a mounted socket.
 */
export async function ownerOf(spec: SandboxSpec): Promise<Owner> {
  for (const { source } of spec.mounts) {
    const found = await stat(source).catch(() => undefined);
    if (!found?.isDirectory() && !found?.isFile()) refuse('mounts', `${source} is neither a folder nor a file`);
  }
  const found = await stat(spec.workspace).catch(() => undefined);
  if (!found?.isDirectory()) refuse('workspace', `${spec.workspace} is no folder`);
  if (found.uid === 0 || found.gid === 0) refuse('workspace', `${spec.workspace} belongs to root; a sandbox never runs as root`);
  if (spec.cache) {
    const cache = await lstat(spec.cache.folder).catch(() => undefined);
    if (!cache?.isDirectory() || cache.uid !== found.uid) refuse('cache', `${spec.cache.folder} is no folder of the workspace's owner`);
  }
  return { uid: found.uid, gid: found.gid };
}
