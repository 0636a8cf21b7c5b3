import { CACHE_MOUNT, type SandboxSpec } from '../ports/sandbox.port.js';
import { EGRESS_CA, EGRESS_SOCKET, EGRESS_VARIABLES } from '../egress/egress-variables.js';
import { OPEN_FILES, WORKSPACE } from '../sandbox-spec.js';
import type { RootStep } from './root-layout.js';

export const NODE = '/usr/local/bin/node';
/** Of the child: what it is told, its system call filter, and what it tells. */
export const ARGUMENTS_FD = 3;
export const SECCOMP_FD = 4;
export const STATUS_FD = 5;

const MB = 1024 * 1024;
const SHARED_MEMORY_MB = 64;
/** Of writable address space, to start at all: it reserves room for compiled code. */
const NODE_NEEDS_MB = 768;
const PATH = '/usr/local/bin:/usr/bin:/bin';
/** What docker hides of /proc besides. */
const HIDDEN_FILES = ['keys', 'kcore', 'timer_list', 'latency_stats', 'sched_debug', 'interrupts'];
const HIDDEN_FOLDERS = ['acpi', 'asound', 'scsi'];

export type ArgumentsInput = {
  readonly spec: SandboxSpec;
  readonly root: readonly RootStep[];
  /** Under which path bubblewrap finds a path of the host. */
  readonly at: (source: string) => string;
  /** Whether the host's /proc has this entry. */
  readonly hasProc: (name: string) => boolean;
};

/** Read by bubblewrap from a file descriptor, so that no path of the host stands in a command line inside. */
export function bubblewrapArguments({ spec, root, at, hasProc }: ArgumentsInput): readonly string[] {
  const mounts = [...spec.mounts, ...egressMounts(spec)];
  return [
    ...['--unshare-user', '--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try'],
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv', '--hostname', 'sandbox'],
    ...['--seccomp', String(SECCOMP_FD), '--json-status-fd', String(STATUS_FD)],
    ...root.flatMap((step) => rootArguments(step, at)),
    ...['--proc', '/proc'],
    ...HIDDEN_FILES.filter(hasProc).flatMap((name) => ['--ro-bind', '/dev/null', `/proc/${name}`]),
    ...HIDDEN_FOLDERS.filter(hasProc).flatMap((name) => ['--tmpfs', `/proc/${name}`, '--remount-ro', `/proc/${name}`]),
    ...['--dev', '/dev', ...tmpfs('/dev/shm', SHARED_MEMORY_MB), '--remount-ro', '/dev'],
    ...tmpfs('/tmp', spec.limits.tmpMb),
    ...[spec.workspaceReadOnly ? '--ro-bind' : '--bind', at(spec.workspace), WORKSPACE],
    ...(spec.cache ? ['--bind', at(spec.cache.folder), CACHE_MOUNT] : []),
    ...mounts.flatMap(({ source, target }) => ['--ro-bind', at(source), target]),
    ...['--remount-ro', '/', '--chdir', WORKSPACE, '--setenv', 'PATH', PATH, '--setenv', 'HOME', '/tmp'],
  ];
}

export function egressMounts({ egress }: SandboxSpec): readonly { readonly source: string; readonly target: string }[] {
  if (!egress) return [];
  return [
    { source: egress.socket, target: EGRESS_SOCKET },
    { source: egress.caFile, target: EGRESS_CA },
  ];
}

/** What every program inside finds set. */
export function sessionVariables({ env, cache, egress }: SandboxSpec): Readonly<Record<string, string>> {
  return { PATH, HOME: '/tmp', HOSTNAME: 'sandbox', ...cache?.env, ...env, ...(egress && EGRESS_VARIABLES) };
}

/**
 * Limits of each process, set inside: there the number of processes counts this sandbox alone. Memory is limited so only
 * where no control group does it: the writable memory of one process, not of all.
 */
export function limited({ limits }: SandboxSpec, by: { readonly pids: boolean; readonly memory: boolean }): readonly string[] {
  return [
    '/usr/bin/prlimit',
    `--fsize=${limits.fileMb * MB}`,
    `--nofile=${OPEN_FILES}`,
    '--core=0',
    ...(by.pids ? [] : [`--nproc=${limits.pids}`]),
    ...(by.memory ? [] : [`--data=${Math.max(limits.memoryMb, NODE_NEEDS_MB) * MB}`]),
    '--',
  ];
}

function tmpfs(target: string, megabytes: number): readonly string[] {
  return ['--perms', '1777', '--size', String(megabytes * MB), '--tmpfs', target];
}

function rootArguments(step: RootStep, at: (source: string) => string): readonly string[] {
  switch (step.kind) {
    case 'bind':
      return ['--ro-bind', at(step.source), step.target];
    case 'link':
      return ['--symlink', step.to, step.target];
    case 'folder':
      return ['--dir', step.target];
  }
}
