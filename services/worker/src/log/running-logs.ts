import { RunningLog } from '@countersign/artifacts';

const MAX_OPEN = 200;

/** Running logs by request. A log has one writer, so every activity of this process gets the same one. */
export class RunningLogs {
  private readonly open = new Map<string, RunningLog>();

  constructor(private readonly dir: string) {}

  of(requestId: string): RunningLog {
    const log = this.open.get(requestId) ?? new RunningLog({ dir: this.dir, requestId });
    // The map keeps the order of use: the first is the one that nobody used for longest.
    this.open.delete(requestId);
    this.open.set(requestId, log);
    for (const [id, idle] of this.open) {
      if (this.open.size <= MAX_OPEN) break;
      this.open.delete(id);
      void idle.flush().catch(() => undefined);
    }
    return log;
  }

  /** For writers that say one whole line at a time, without its end. */
  linesOf(requestId: string): { append(line: string): Promise<void> } {
    return { append: (line) => this.of(requestId).append(line.endsWith('\n') ? line : `${line}\n`) };
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.open.values()].map((log) => log.flush()));
    this.open.clear();
  }
}
