import { connect } from 'node:net';

import { bad, good, type PartView, START } from './part-view.js';

const DEADLINE_MS = 2_000;

/** Whether anybody listens at `host:port` or at a URL's host and port. */
export function listens(address: string): Promise<boolean> {
  const target = endpointOf(address);
  if (!target) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ ...target, timeout: DEADLINE_MS });
    const end = (isOpen: boolean) => (): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}

function endpointOf(address: string): { host: string; port: number } | undefined {
  try {
    const url = new URL(address.includes('://') ? address : `tcp://${address}`);
    const port = Number(url.port || { 'http:': 80, 'https:': 443 }[url.protocol] || 5432);
    return { host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1', port };
  } catch {
    return undefined;
  }
}

/** An HTTP part is well when it answers this path as it should. */
export async function probeHttp(name: string, address: string | undefined, path: string, isWell = (status: number) => status < 400): Promise<PartView> {
  if (!address) return bad(name, '', START);
  try {
    const response = await fetch(new URL(path, address), { redirect: 'manual', signal: AbortSignal.timeout(DEADLINE_MS + 2_000) });
    await response.body?.cancel();
    return isWell(response.status) ? good(name, '', address) : bad(name, address, `It answers ${response.status}: look at the output of \`npm start\`.`);
  } catch {
    return bad(name, address, START);
  }
}

/** An address without the password that a database URL may carry. */
export function withoutPassword(address: string): string {
  try {
    const url = new URL(address);
    if (url.password) url.password = '***';
    return url.toString();
  } catch {
    return address;
  }
}
