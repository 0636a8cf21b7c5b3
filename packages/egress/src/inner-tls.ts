import type { Duplex } from 'node:stream';
import { createServer, type TLSSocket } from 'node:tls';

import { refused, unreachable } from './egress-error.js';
import type { RunAuthority } from './run-authority.js';

const HANDSHAKE_MS = 30_000;
const TLS_HANDSHAKE = 0x16;

/** Whether the client inside begins with TLS; undefined where it left without a byte. Nothing is taken away. */
export function beginsWithTls(socket: Duplex): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const look = (): void => {
      const first = socket.read(1) as Buffer | null;
      if (first === null) return;
      done(first[0] === TLS_HANDSHAKE);
      socket.unshift(first);
    };
    const leave = (): void => done(undefined);
    const done = (found: boolean | undefined): void => {
      socket.off('readable', look);
      for (const event of ['end', 'error', 'close']) socket.off(event, leave);
      resolve(found);
    };
    socket.on('readable', look);
    for (const event of ['end', 'error', 'close']) socket.on(event, leave);
  });
}

/**
 * Ends TLS with a certificate of the run for exactly that host.
 *
 * @throws AppError EGRESS_REFUSED where another name is asked for, EGRESS_UNAVAILABLE where the client does not go along.
 */
export async function endTls(socket: Duplex, host: string, authority: RunAuthority): Promise<TLSSocket> {
  const leaf = await authority.leafFor(host);
  return new Promise((resolve, reject) => {
    const server = createServer({
      ...leaf,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: HANDSHAKE_MS,
      SNICallback: (name, done) => {
        const isSame = name.toLowerCase().replace(/\.$/, '') === host;
        // No context of its own: the server's, which is the leaf.
        if (isSame) return done(null, undefined);
        const error = refused(421, `TLS asks for ${name.slice(0, 253)} inside of a connection to ${host}`);
        reject(error);
        done(error);
      },
    });
    server.once('tlsClientError', (error: NodeJS.ErrnoException) => {
      reject(unreachable(502, `TLS with the program inside failed (${error.code ?? 'unknown'}); it has to trust the certificates in SSL_CERT_FILE`));
    });
    server.once('secureConnection', (secure: TLSSocket) => {
      // A late error of this connection belongs to whoever uses it.
      secure.on('error', () => undefined);
      resolve(secure);
    });
    server.emit('connection', socket);
  });
}
