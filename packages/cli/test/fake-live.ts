import type { Server } from 'node:http';

import { type WebSocket, WebSocketServer } from 'ws';

export type Subscribed = { readonly query: string; readonly variables: Record<string, unknown>; readonly token: unknown };
/** What one subscription is sent, and what happens after that. */
export type Script = { readonly next?: readonly unknown[]; readonly errors?: readonly object[]; readonly then: 'stay' | 'complete' | 'drop' | 'expire' };

/** The socket of a gateway: one script for each subscription, in order; without one it takes no socket at all. */
export class FakeLive {
  readonly subscribed: Subscribed[] = [];
  scripts: Script[] = [];
  private readonly sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'graphql-transport-ws' });

  constructor(server: Server) {
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      if (this.scripts.length === 0) socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      else this.sockets.handleUpgrade(request, socket, head, (opened) => this.serve(opened));
    });
  }

  close(): void {
    for (const socket of this.sockets.clients) socket.terminate();
  }

  private serve(socket: WebSocket): void {
    let token: unknown;
    const send = (message: object): void => socket.send(JSON.stringify(message));
    socket.on('message', (data) => {
      const { type, id, payload } = JSON.parse(String(data)) as { type: string; id: string; payload: Record<string, unknown> };
      if (type === 'connection_init') {
        token = payload['authorization'];
        send({ type: 'connection_ack' });
      }
      if (type !== 'subscribe') return;
      this.subscribed.push({ ...(payload as { query: string; variables: Record<string, unknown> }), token });
      const { next = [], errors, then } = this.scripts.shift() ?? { then: 'stay' };
      for (const value of next) send({ id, type: 'next', payload: { data: value } });
      if (errors) send({ id, type: 'next', payload: { data: null, errors } });
      if (then === 'complete') send({ id, type: 'complete' });
      if (then === 'drop') socket.terminate();
      if (then === 'expire') socket.close(4403, 'The token has expired');
    });
  }
}
