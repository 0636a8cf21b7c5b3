import { execFile } from 'node:child_process';
import { access, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

import type { SandboxLimits } from '../ports/sandbox.port.js';
import { signal } from './process-table.js';

const run = promisify(execFile);

export const CGROUP_KINDS = ['memory', 'pids', 'cpu'] as const;
export type CgroupKind = (typeof CGROUP_KINDS)[number];

const FOLDER = 'countersign';
const MB = 1024 * 1024;
const CPU_PERIOD_US = 100_000;
const STEP_MS = 20;

/** Where groups may be made: one place for each kind in the first version of the interface, one for all in the second. */
export type CgroupPlace = { readonly version: 1 | 2; readonly folder: string; readonly kinds: readonly CgroupKind[] };

type Mount = { readonly root: string; readonly point: string; readonly type: string; readonly options: readonly string[] };

/** Reads /proc/self/mountinfo; a space in a path is written as an octal number there. */
export function cgroupMounts(mountinfo: string): readonly Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', point = ''] = before.split(' ');
    const [type = '', , options = ''] = after.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    return [{ root, point: point.replaceAll('\\040', ' '), type, options: options.split(',') }];
  });
}

/** Candidates, best first. An ordinary account may have groups beside its own, where its service manager hands them over. */
export function cgroupPlaces(mountinfo: string, ownGroups: string, isRoot: boolean): readonly CgroupPlace[] {
  const mounts = cgroupMounts(mountinfo);
  const first = CGROUP_KINDS.flatMap((kind): CgroupPlace[] => {
    const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(kind));
    return mount ? [{ version: 1, folder: mount.point, kinds: [kind] }] : [];
  });
  const unified = mounts.find(({ type }) => type === 'cgroup2');
  if (!unified) return first;
  const own = /^0::(.*)$/m.exec(ownGroups)?.[1] ?? '/';
  const folders = isRoot ? [unified.point] : [join(unified.point, own, '..'), join(unified.point, own)];
  const taken = new Set(first.flatMap(({ kinds }) => kinds));
  const kinds = CGROUP_KINDS.filter((kind) => !taken.has(kind));
  if (kinds.length === 0) return first;
  return [...first, ...folders.map((folder) => ({ version: 2 as const, folder, kinds }))];
}

const FILES: Readonly<Record<1 | 2, Readonly<Record<CgroupKind, (limits: SandboxLimits) => readonly (readonly [file: string, value: string, isNeeded: boolean])[]>>>> = {
  1: {
    memory: ({ memoryMb }) => [
      ['memory.limit_in_bytes', String(memoryMb * MB), true],
      // Missing where the kernel does not account for swap.
      ['memory.memsw.limit_in_bytes', String(memoryMb * MB), false],
    ],
    pids: ({ pids }) => [['pids.max', String(pids), true]],
    cpu: ({ cpus }) => [
      ['cpu.cfs_period_us', String(CPU_PERIOD_US), true],
      ['cpu.cfs_quota_us', String(Math.round(cpus * CPU_PERIOD_US)), true],
    ],
  },
  2: {
    memory: ({ memoryMb }) => [
      ['memory.max', String(memoryMb * MB), true],
      ['memory.swap.max', '0', false],
    ],
    pids: ({ pids }) => [['pids.max', String(pids), true]],
    cpu: ({ cpus }) => [['cpu.max', `${Math.round(cpus * CPU_PERIOD_US)} ${CPU_PERIOD_US}`, true]],
  },
};

/** The groups that this process may really make; tried, not guessed. */
export class CgroupTree {
  private constructor(private readonly places: readonly CgroupPlace[]) {}

  /** Of a machine whose limits nothing may set. */
  static readonly none = new CgroupTree([]);

  static async find(): Promise<CgroupTree> {
    const isRoot = process.getuid?.() === 0;
    const [mountinfo, own] = await Promise.all(['/proc/self/mountinfo', '/proc/self/cgroup'].map((path) => readFile(path, 'utf8').catch(() => '')));
    const usable: CgroupPlace[] = [];
    for (const place of cgroupPlaces(mountinfo ?? '', own ?? '', isRoot)) {
      const kinds = place.kinds.filter((kind) => !usable.some((found) => found.kinds.includes(kind)));
      if (kinds.length === 0) continue;
    const tried = await tryPlace({ ...place, kinds });
      if (tried.kinds.length > 0) usable.push(tried);
    }
    return new CgroupTree(usable);
  }

  get kinds(): readonly CgroupKind[] {
    return this.places.flatMap(({ kinds }) => kinds);
  }

  /** Folders of a new group with these limits; a process is put into each. */
  async make(name: string, limits: SandboxLimits): Promise<readonly string[]> {
    const made: string[] = [];
    for (const place of this.places) {
      const folder = join(place.folder, FOLDER, name);
      await mkdir(folder);
      made.push(folder);
      for (const kind of place.kinds) await setLimits(folder, place.version, kind, limits);
    }
    return made;
  }
}

async function setLimits(folder: string, version: 1 | 2, kind: CgroupKind, limits: SandboxLimits): Promise<void> {
  for (const [file, value, isNeeded] of FILES[version][kind](limits)) {
    await writeFile(join(folder, file), value).catch((error: unknown) => {
      if (isNeeded) throw error;
    });
  }
}

/** What of a place works: a group is made, limited, entered by a process, and removed. */
async function tryPlace(place: CgroupPlace): Promise<CgroupPlace> {
  const parent = join(place.folder, FOLDER);
  const folder = join(parent, `probe-${process.pid}-${Date.now()}`);
  const kinds: CgroupKind[] = [];
  try {
    if (place.version === 2) await handDown(place.folder, place.kinds);
    await mkdir(parent, { recursive: true });
    if (place.version === 2) await handDown(parent, place.kinds);
    await mkdir(folder);
    for (const kind of place.kinds) {
      const limits = { memoryMb: 64, cpus: 1, pids: 16, fileMb: 1, tmpMb: 1 };
      const isSet = await setLimits(folder, place.version, kind, limits).then(() => true, () => false);
      if (isSet) kinds.push(kind);
    }
    await run('/bin/sh', ['-c', 'echo $$ > "$1"', 'sh', procsOf(folder)]);
    return { ...place, kinds };
  } catch {
    return { ...place, kinds: [] };
  } finally {
    await rmdir(folder).catch(() => undefined);
  }
}

/** A group of the second version limits in its children what it names; one that is refused stays unlimited. */
async function handDown(folder: string, kinds: readonly CgroupKind[]): Promise<void> {
  for (const kind of kinds) await writeFile(join(folder, 'cgroup.subtree_control'), `+${kind}`).catch(() => undefined);
}

export function procsOf(folder: string): string {
  return join(folder, 'cgroup.procs');
}

/** Ends what is left in the groups and removes them. */
export async function removeCgroup(folders: readonly string[], timeoutMs: number): Promise<void> {
  for (const folder of folders) {
    for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += STEP_MS) {
      const isThere = await access(folder).then(() => true, () => false);
      if (!isThere || (await rmdir(folder).then(() => true, () => false))) break;
      const pids = await readFile(procsOf(folder), 'utf8').catch(() => '');
      for (const pid of pids.split('\n').map(Number).filter((number) => number > 0)) signal(pid);
      await setTimeout(STEP_MS);
    }
  }
}
