import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { AppError } from '@countersign/domain';

export type FolderOwner = { readonly uid: number; readonly gid: number };

/** A Unix socket's path holds 107 bytes on Linux and 103 elsewhere. */
const MAX_SOCKET_PATH = 100;
const SOCKET = 'broker.sock';
const NAME = /^[0-9a-f]{12}$/;

export type BrokerFolder = {
  readonly socket: string;
  readonly caFile: string;
  /** Makes the socket, which exists now, the owner's alone. */
  close(): Promise<void>;
  remove(): Promise<void>;
};

/** A folder of one run that only its owner enters: who may not enter it cannot connect, whatever the socket's own mode. */
export async function makeBrokerFolder(root: string, bundle: string, owner: FolderOwner): Promise<BrokerFolder> {
  const name = randomBytes(6).toString('hex');
  const folder = join(fitting(root), name);
  const socket = join(folder, SOCKET);
  const caFile = join(folder, 'ca.pem');
  const isRoot = process.getuid?.() === 0;
  await mkdir(fitting(root), { recursive: true, mode: 0o700 });
  await requireOwn(fitting(root));
  await mkdir(folder, { mode: 0o700 });
  await writeFile(caFile, bundle, { mode: 0o644 });
  if (isRoot) await chmod(fitting(root), 0o711);
  return {
    socket,
    caFile,
    async close() {
      await chmod(socket, 0o600);
      if (!isRoot) return;
      await chown(socket, owner.uid, owner.gid);
      await chown(folder, owner.uid, owner.gid);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A data folder may lie too deep for a socket. */
function fitting(root: string): string {
  const isShort = Buffer.byteLength(join(root, '0'.repeat(12), SOCKET)) <= MAX_SOCKET_PATH;
  return isShort ? root : join(tmpdir(), `countersign-egress-${process.getuid?.() ?? 0}`);
}

/** Whoever owns the folder above could put a broker of their own in place of ours: below `/tmp` anybody may have been first. */
async function requireOwn(folder: string): Promise<void> {
  const found = await lstat(folder);
  if (found.isDirectory() && found.uid === (process.getuid?.() ?? found.uid)) return;
  throw new AppError('EGRESS_UNAVAILABLE', `${folder} belongs to somebody else; remove it`);
}

/** Removes what a killed worker left: folders whose socket nobody listens on. */
export async function sweepBrokerFolders(root: string): Promise<number> {
  const folders = (await readdir(fitting(root)).catch(() => [])).filter((name) => NAME.test(name)).map((name) => join(fitting(root), name));
  const isDead = await Promise.all(folders.map((folder) => isUnheard(join(folder, SOCKET))));
  const dead = folders.filter((_folder, index) => isDead[index]);
  await Promise.all(dead.map((folder) => rm(folder, { recursive: true, force: true })));
  return dead.length;
}

function isUnheard(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(socket);
    client.once('connect', () => {
      client.destroy();
      resolve(false);
    });
    client.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'));
  });
}
