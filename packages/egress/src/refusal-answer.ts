import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import { reasonOf, statusOf } from './egress-error.js';

/** Answers where that is still possible. What the client goes on sending is read and thrown away. */
export function refuse(req: IncomingMessage, res: ServerResponse, error: unknown): void {
  if (res.headersSent || res.destroyed) return void res.destroy();
  const text = textOf(error);
  const retry = statusOf(error) === 429 ? { 'retry-after': '60' } : {};
  // With its reason: one from the other side that cannot be written would still be set.
  res.writeHead(statusOf(error), STATUS_CODES[statusOf(error)], { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text), ...retry });
  res.end(text);
  req.resume();
}

/** On a connection that no response object belongs to. After TLS began inside, the client takes it for a broken handshake. */
export function refuseRaw(socket: Duplex, error: unknown): void {
  if (socket.destroyed || !socket.writable) return void socket.destroy();
  const text = textOf(error);
  const status = statusOf(error);
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`, 'Content-Type: text/plain; charset=utf-8', `Content-Length: ${Buffer.byteLength(text)}`];
  socket.end(`${[...head, 'Connection: close'].join('\r\n')}\r\n\r\n${text}`, () => socket.destroy());
}

/** The answer to CONNECT; what the client sent ahead of it is read like the rest. */
export function acceptConnect(socket: Duplex, head: Buffer): void {
  socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
  if (head.length > 0) socket.unshift(head);
}

function textOf(error: unknown): string {
  return `Countersign egress broker: ${reasonOf(error)}\n`;
}
