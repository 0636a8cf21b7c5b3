import { connect, createServer, type AddressInfo, type NetConnectOpts, type Server, type Socket } from 'node:net';

export type Cuttable = {
  /** Ends every connection and refuses new ones, as a server that went away does. */
  cut(): void;
  restore(): Promise<void>;
  close(): void;
};

export type CuttableProxy = Cuttable & { readonly port: number };

/** A TCP proxy on loopback that can be taken away and brought back on the same port. */
export async function cuttableProxy(target: { readonly host: string; readonly port: number }): Promise<CuttableProxy> {
  let port = 0;
  const proxy = await cuttable(target, (server, done) => server.listen(port, '127.0.0.1', done), (server) => {
    port = (server.address() as AddressInfo).port;
  });
  return { ...proxy, port };
}

/** The same for a Unix socket: `path` is the proxy's own. */
export function cuttableSocket(target: string, path: string): Promise<Cuttable> {
  return cuttable({ path: target }, (server, done) => server.listen(path, done));
}

async function cuttable(
  target: NetConnectOpts,
  listenOn: (server: Server, done: () => void) => void,
  onListening: (server: Server) => void = () => undefined,
): Promise<Cuttable> {
  const sockets = new Set<Socket>();
  // Docker's clients end what they send and go on reading.
  const server = createServer({ allowHalfOpen: true }, (inbound) => {
    const outbound = connect({ ...target, allowHalfOpen: true });
    for (const socket of [inbound, outbound]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => sockets.delete(socket));
    }
    inbound.pipe(outbound);
    outbound.pipe(inbound);
  });
  const restore = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      listenOn(server, () => {
        server.off('error', reject);
        onListening(server);
        resolve();
      });
    });
  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  await restore();
  return { cut, restore, close: cut };
}
