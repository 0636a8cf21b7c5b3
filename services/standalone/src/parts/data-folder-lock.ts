import { existsSync, linkSync, readFileSync, renameSync, rmSync } from 'node:fs';

import { isRunning, stopProcess, thisProcess, type ChildRecord, type PartInfo, type ProcessRef } from '@countersign/parts';

import { writeWhole, type DataFolder } from './data-folder.js';

const CHILD_STOP_TIMEOUT_MS = 15_000;

/** Where things are, for the CLI and `doctor`. It stays after a stop: `isRunning` of its owner tells. */
export type InstallationState = {
  readonly owner: ProcessRef;
  readonly instanceId: string;
  readonly startedAt: string;
  readonly addresses: Readonly<Record<string, string>>;
  readonly parts: readonly PartInfo[];
};

export type DataFolderLock = {
  /** Children that a killed predecessor left and that were stopped. */
  readonly stopped: readonly ChildRecord[];
  /** Writes a child down; a newer one of the same name takes its place. */
  readonly recordChild: (child: ChildRecord) => void;
  readonly forgetChild: (name: string) => void;
  readonly writeState: (state: Pick<InstallationState, 'addresses' | 'parts'>) => void;
  readonly release: () => void;
};

export type LockOutcome =
  | { readonly kind: 'acquired'; readonly lock: DataFolderLock }
  | { readonly kind: 'already'; readonly owner: ProcessRef; readonly state: InstallationState | undefined };

type LockFile = ProcessRef & { readonly instanceId: string; readonly children: readonly ChildRecord[] };

/**
 * Takes the folder for this process. Where the last owner was killed, the children it wrote down are stopped first:
 * nobody supervises them any more. A pid that was given to another process since is left alone.
 */
export async function acquireLock(folder: DataFolder): Promise<LockOutcome> {
  const path = folder.file('lock.json');
  const mine = folder.file(`lock.${process.pid}.json`);
  let file: LockFile = { ...thisProcess(), instanceId: folder.instanceId, children: [] };
  for (;;) {
    const left = readLock(path);
    if (left && isRunning(left)) return { kind: 'already', owner: left, state: readState(folder) };
    // The children stay written down until they are gone: this process may be killed as well.
    file = { ...file, children: left?.children ?? [] };
    if (left || existsSync(path)) takeAway(path, left);
    writeWhole(mine, JSON.stringify(file));
    if (tryLink(mine, path)) break;
  }
  rmSync(mine, { force: true });

  const stopped = await stopAll(file.children);
  const save = (children: readonly ChildRecord[]): void => {
    file = { ...file, children };
    writeWhole(path, JSON.stringify(file));
  };
  const others = (name: string): ChildRecord[] => file.children.filter((child) => child.name !== name);
  save([]);
  return {
    kind: 'acquired',
    lock: {
      stopped,
      recordChild: (child) => save([...others(child.name), child]),
      forgetChild: (name) => save(others(name)),
      writeState: (state) => writeState(folder, state),
      release: () => rmSync(path, { force: true }),
    },
  };
}

/** What the last start wrote, whether it still runs or not. */
export function readState(folder: Pick<DataFolder, 'file'>): InstallationState | undefined {
  return readJson<InstallationState>(folder.file('state.json'));
}

function writeState(folder: DataFolder, state: Pick<InstallationState, 'addresses' | 'parts'>): void {
  const owner = thisProcess();
  const startedAt = new Date().toISOString();
  const whole: InstallationState = { owner, instanceId: folder.instanceId, startedAt, ...state };
  writeWhole(folder.file('state.json'), `${JSON.stringify(whole, null, 2)}\n`);
}

async function stopAll(children: readonly ChildRecord[]): Promise<ChildRecord[]> {
  const results = await Promise.all(
    children.map(async (child) => {
      // Postgres waits for its clients on SIGTERM; SIGINT ends their sessions.
      const signal = child.name === 'postgres' ? 'SIGINT' : 'SIGTERM';
      return (await stopProcess(child, { signal, timeoutMs: CHILD_STOP_TIMEOUT_MS })) ? [child] : [];
    }),
  );
  return results.flat();
}

function readLock(path: string): LockFile | undefined {
  return readJson<LockFile>(path);
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Rename, look, put back: another start may have taken the dead lock over in between, and that one is alive. */
function takeAway(path: string, dead: LockFile | undefined): void {
  const aside = `${path}.dead-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const found = readLock(aside);
  const isAnother = found && (found.pid !== dead?.pid || found.startTime !== dead.startTime);
  if (isAnother) tryLink(aside, path);
  rmSync(aside, { force: true });
}
