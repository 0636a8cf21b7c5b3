/**
 * Offers a broker's Unix socket on the loopback of an empty network namespace: `node -e <this> <socket> <port>`.
 *
 * Self-contained: its text is handed to node as an argument. It says `ready` once it listens.
 */
import { connect, createServer } from 'node:net';

const [, socket = '', port = ''] = process.argv;

const server = createServer({ allowHalfOpen: true }, (inside) => {
  const outside = connect({ path: socket, allowHalfOpen: true });
  inside.on('error', () => outside.destroy());
  outside.on('error', () => inside.destroy());
  inside.on('close', () => outside.destroy());
  outside.on('close', () => inside.destroy());
  inside.pipe(outside);
  outside.pipe(inside);
});
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
// The first process of a container has no default for these.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
