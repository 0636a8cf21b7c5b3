import { connect, createServer, type Socket } from 'node:net';

export type CuttableProxy = {
  readonly port: number;
  /** Ends every connection and refuses new ones, as a server that went away does. */
  cut(): void;
  restore(): Promise<void>;
  close(): void;
};

/** A TCP proxy on loopback that can be taken away and brought back on the same port. */
export async function cuttableProxy(target: { readonly host: string; readonly port: number }): Promise<CuttableProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((inbound) => {
    const outbound = connect(target);
    for (const socket of [inbound, outbound]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => sockets.delete(socket));
    }
    inbound.pipe(outbound);
    outbound.pipe(inbound);
  });
  const listen = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  const port = await listen(0);
  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port, cut, restore: async () => void (await listen(port)), close: cut };
}
