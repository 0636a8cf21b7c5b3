/**
 * Starts programs for another process. A fork copies the page tables of the process that forks and makes it fault on
 * every page that it writes next: tens of milliseconds where that is a service of some hundred MB, two here.
 */
import { runProcess } from './git-process.js';
import type { ToHost, ToOwner } from './process-host.js';

const running = new Map<number, AbortController>();

const tell = (message: ToOwner): void => void process.send?.(message);

async function start({ id, binary, args, hasProgress, ...options }: Extract<ToHost, { readonly kind: 'start' }>): Promise<void> {
  const abort = new AbortController();
  running.set(id, abort);
  try {
    const onProgress = hasProgress ? (line: string): void => tell({ kind: 'progress', id, line }) : undefined;
    tell({ kind: 'ended', id, result: await runProcess(binary, args, { ...options, signal: abort.signal, onProgress }) });
  } catch (error) {
    tell({ kind: 'failed', id, why: String(error) });
  } finally {
    running.delete(id);
  }
}

process.on('message', (message: ToHost) => {
  if (message.kind === 'start') void start(message);
  else running.get(message.id)?.abort();
});
// Ctrl-C reaches the whole group; its owner first ends what it has begun.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => {
  for (const abort of running.values()) abort.abort();
  process.exit(0);
});
