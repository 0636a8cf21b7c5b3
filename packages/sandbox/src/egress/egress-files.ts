import { chown, stat } from 'node:fs/promises';

import { AppError } from '@countersign/domain';

import type { SandboxSpec } from '../ports/sandbox.port.js';
import type { Owner } from '../sandbox-spec.js';

const READABLE_BY_ALL = 0o004;

/**
 * Makes the broker's socket the owner's: who runs inside has to be able to connect, and the socket is this run's alone.
 *
 * @throws AppError SANDBOX_UNAVAILABLE where no broker listens; INVALID_INPUT for an authority nobody inside can read.
 */
export async function requireEgress({ egress }: SandboxSpec, owner: Owner): Promise<void> {
  if (!egress) return;
  const socket = await stat(egress.socket).catch(() => undefined);
  if (!socket?.isSocket()) throw new AppError('SANDBOX_UNAVAILABLE', `No egress broker listens at ${egress.socket}.`);
  const ca = await stat(egress.caFile).catch(() => undefined);
  if (!ca?.isFile() || (ca.mode & READABLE_BY_ALL) === 0) {
    throw new AppError('INVALID_INPUT', `${egress.caFile} is no file that a sandbox can read`, { field: 'egress' });
  }
  if (process.getuid?.() === 0) await chown(egress.socket, owner.uid, owner.gid);
}
