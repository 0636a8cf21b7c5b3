import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { PartError } from '@countersign/parts';

/** The layout that this code reads and writes. Raise it together with a migration. */
const LAYOUT = 1;

/** `MIGRATIONS[n]` brings a folder of layout n to n + 1; it may be interrupted and run again. */
const MIGRATIONS: Readonly<Record<number, (dir: string) => void>> = {};

const FOLDERS = ['logs', 'temporal', 'secrets'] as const;

export type DataFolder = {
  readonly dir: string;
  /** Made once with the folder; names this installation. */
  readonly instanceId: string;
  readonly file: (...names: string[]) => string;
};

type Version = { readonly version: number; readonly instanceId: string; readonly createdAt: string };

/**
 * Opens the one folder that holds everything an installation remembers, making or migrating it.
 *
 * Others cannot read it. As root the folder itself can be passed through, because Postgres runs as another account and
 * its data is inside; every other folder in it stays closed.
 */
export function openDataFolder(path: string): DataFolder {
  mkdirSync(path, { recursive: true });
  const dir = realpathSync(path);
  chmodSync(dir, process.getuid?.() === 0 ? 0o711 : 0o700);
  const version = readVersion(dir) ?? createVersion(dir);
  const current = migrate(dir, version);
  for (const name of FOLDERS) mkdirSync(join(dir, name), { recursive: true, mode: 0o700 });
  return { dir, instanceId: current.instanceId, file: (...names) => join(dir, ...names) };
}

/** Replaces a file whole, so that a crash leaves the old or the new one. */
export function writeWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600, flush: true });
  renameSync(temporary, path);
}

function migrate(dir: string, found: Version): Version {
  if (found.version > LAYOUT) {
    throw new PartError(
      'DATA_FOLDER_NEWER',
      `${dir} was written by a newer Countersign (layout ${found.version}; this one knows ${LAYOUT}).`,
      'Start the newer version, or set COUNTERSIGN_DATA_DIR to another folder.',
    );
  }
  let version = found;
  while (version.version < LAYOUT) {
    const step = MIGRATIONS[version.version];
    if (!step) throw damaged(dir, `there is no way from layout ${version.version} to ${LAYOUT}`);
    step(dir);
    version = { ...version, version: version.version + 1 };
    writeVersion(dir, version);
  }
  return version;
}

function readVersion(dir: string): Version | undefined {
  const path = join(dir, 'version.json');
  if (!existsSync(path)) return undefined;
  try {
    const { version, instanceId, createdAt } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Version>;
    if (Number.isInteger(version) && instanceId && createdAt) return { version: Number(version), instanceId, createdAt };
  } catch {
    // Not JSON: damaged as well.
  }
  throw damaged(dir, 'version.json cannot be read');
}

function createVersion(dir: string): Version {
  const version = { version: LAYOUT, instanceId: randomUUID(), createdAt: new Date().toISOString() };
  writeVersion(dir, version);
  return version;
}

function writeVersion(dir: string, version: Version): void {
  writeWhole(join(dir, 'version.json'), `${JSON.stringify(version, null, 2)}\n`);
}

function damaged(dir: string, why: string): PartError {
  return new PartError(
    'DATA_FOLDER_DAMAGED',
    `${dir} is damaged: ${why}.`,
    'Restore it from a backup, or set COUNTERSIGN_DATA_DIR to another folder.',
  );
}
