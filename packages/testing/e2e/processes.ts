import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

import type { TestInstallation } from '../src/index.js';

export type RunningProcess = { readonly pid: number; readonly command: string };

const LISTENING = '0A';
const LOOPBACK = /^(?:0100007F|0{24}01000000|0{16}FFFF00000100007F)$/;

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function cwdOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** Everything that knows of the installation's data folder or console, by command, environment or place. */
export function processesOf(app: TestInstallation): readonly RunningProcess[] {
  const marks = [app.dataDir, `127.0.0.1:${app.env['COUNTERSIGN_CONSOLE_PORT']}`];
  const isOurs = (pid: string): boolean => {
    const all = [textOf(`/proc/${pid}/cmdline`), textOf(`/proc/${pid}/environ`), cwdOf(pid)];
    return marks.some((mark) => all.some((text) => text.includes(mark)));
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && isOurs(name))
    .map((pid) => ({ pid: Number(pid), command: textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 200) }));
}

export type Child = { readonly name: string; readonly pid: number };

/** What the installation started and keeps alive, as its lock file names it. */
export function childrenOf(app: TestInstallation): readonly Child[] {
  return (JSON.parse(readFileSync(join(app.dataDir, 'lock.json'), 'utf8')) as { children: Child[] }).children;
}

/** kill -9 of one of them. @throws Error where there is none of that name: pid 0 would be whoever asks. */
export function killChild(app: TestInstallation, name: string): Child {
  const child = childrenOf(app).find((one) => one.name === name);
  if (!child) throw new Error(`${name} is not among the children`);
  process.kill(child.pid, 'SIGKILL');
  return child;
}

/** The process that starts git for the installation; undefined before its first git, and while there is none. */
export function gitStarterOf(app: TestInstallation): number | undefined {
  return processesOf(app).find(({ command }) => command.includes('process-host-program.js') && command.trim().endsWith(app.dataDir))?.pid;
}

export type Listener = { readonly address: string; readonly port: number; readonly isLoopback: boolean };

/** Where these processes listen, as the kernel says. */
export function listenersOf(processes: readonly RunningProcess[]): readonly Listener[] {
  const inodes = new Set(processes.flatMap(({ pid }) => socketsOf(pid)));
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    textOf(table)
      .split('\n')
      .slice(1)
      .flatMap((row) => {
        const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
        const [address = '', port = ''] = local.split(':');
        if (state !== LISTENING || !inodes.has(inode)) return [];
        return [{ address, port: Number.parseInt(port, 16), isLoopback: LOOPBACK.test(address) }];
      }),
  );
}

function socketsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
