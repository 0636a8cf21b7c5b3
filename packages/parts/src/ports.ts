import { randomInt } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';

import { PartError } from './part-error.js';

const LISTENING = '0A';
const CONNECT_TIMEOUT_MS = 3_000;
const LOWEST_FREE_PORT = 15_000;
/** Linux's default; macOS and the IANA begin later. */
const USUAL_EPHEMERAL_PORT = 32_768;

export type PortHolder = { readonly pid: number; readonly command: string };

/** Whoever asks for several ports listens on none of them yet. */
const given = new Set<number>();

/**
 * A port of the loopback address that nobody holds now and that was not answered before, chosen at random below those that
 * the kernel gives to whoever names none: one of these might be gone, to a client or to a part's own inner port, before it
 * is used.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_FREE_PORT, lowestEphemeralPort());
    if (given.has(port)) continue;
    given.add(port);
    try {
      return await listen(port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

function lowestEphemeralPort(): number {
  try {
    const lowest = Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10);
    return lowest > LOWEST_FREE_PORT + 1000 ? lowest : USUAL_EPHEMERAL_PORT;
  } catch {
    return USUAL_EPHEMERAL_PORT;
  }
}

/** Throws PORT_TAKEN naming the port, who holds it where that can be seen, and the setting that moves it. */
export async function assertPortFree(port: number, setting: string): Promise<void> {
  try {
    await listen(port);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EACCES') {
      throw new PartError('PORT_TAKEN', `Port ${port} may not be used by this account.`, `Set ${setting} to a port above 1023.`);
    }
    if (code !== 'EADDRINUSE') throw error;
    const holder = holderOfPort(port);
    const who = holder ? `process ${holder.pid} (${holder.command})` : 'another process, which cannot be seen from here';
    const stop = holder ? `Stop process ${holder.pid}` : `Stop what listens on port ${port}`;
    throw new PartError('PORT_TAKEN', `Port ${port} is held by ${who}.`, `${stop}, or set ${setting} to another port.`, {
      cause: error,
    });
  }
}

/** Whether anything takes connections there. */
export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });
}

/** Who listens on a port, where /proc shows it: root sees everybody, others see their own processes. */
export function holderOfPort(port: number): PortHolder | undefined {
  const inodes = new Set([...listeningInodes('/proc/net/tcp', port), ...listeningInodes('/proc/net/tcp6', port)]);
  if (inodes.size === 0) return undefined;
  for (const pid of readFolder('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const fd of readFolder(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode && inodes.has(inode)) return { pid: Number(pid), command: commandOf(pid) };
    }
  }
  return undefined;
}

function listen(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}

function listeningInodes(table: string, port: number): string[] {
  const rows = readText(table).split('\n').slice(1);
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
    const localPort = Number.parseInt(local.split(':')[1] ?? '', 16);
    return state === LISTENING && localPort === port ? [inode] : [];
  });
}

function commandOf(pid: string): string {
  const words = readText(`/proc/${pid}/cmdline`).split('\0').filter(Boolean);
  return words.join(' ').slice(0, 120) || readText(`/proc/${pid}/comm`).trim();
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
