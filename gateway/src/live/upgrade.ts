import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import { isAllowedHost } from '../http/origin.middleware.js';
import { GRAPHQL_PATH } from '../http/refusal.js';

export type UpgradeRules = { readonly allowedHosts: readonly string[]; readonly allowedOrigins: readonly string[] };

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** The status that refuses an upgrade, by the same rules as any other request. */
export function upgradeRefusal({ url, headers }: Pick<IncomingMessage, 'url' | 'headers'>, rules: UpgradeRules): number | undefined {
  if (!isAllowedHost(headers.host, rules.allowedHosts)) return 421;
  if (headers.origin !== undefined && !rules.allowedOrigins.includes(headers.origin)) return 403;
  if ((url ?? '').split('?')[0] !== GRAPHQL_PATH) return 404;
  return headers.upgrade?.toLowerCase() === 'websocket' ? undefined : 400;
}

/**
 * Takes every upgrade of the server. A socket that nobody listens to ends the process when it is reset (the crash of
 * @nestjs/graphql before 14.2), so each has a listener before anything else happens to it.
 */
export function onUpgrade(
  server: Server,
  rules: UpgradeRules,
  accept: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): void {
  server.prependListener('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const status = upgradeRefusal(request, rules);
    if (status === undefined) accept(request, socket, head);
    else refuse(socket, status);
  });
}
