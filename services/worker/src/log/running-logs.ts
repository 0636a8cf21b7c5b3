import { RunningLog } from '@countersign/artifacts';

const MAX_OPEN = 200;

/** Running logs by request. A log has one writer, so every activity of this process gets the same one. */
export class RunningLogs {
  private readonly open = new Map<string, RunningLog>();
  /** Let go of, and still storing what they held back: a writer who comes meanwhile gets the same one, behind it. */
  private readonly leaving = new Map<string, { readonly log: RunningLog; readonly flushed: Promise<void> }>();

  constructor(
    private readonly dir: string,
    private readonly onStored: (requestId: string) => void = () => undefined,
  ) {}

  of(requestId: string): RunningLog {
    const log = this.open.get(requestId) ?? this.leaving.get(requestId)?.log ?? this.fresh(requestId);
    // The map keeps the order of use: the first is the one that nobody used for longest.
    this.open.delete(requestId);
    this.open.set(requestId, log);
    for (const [id, idle] of this.open) {
      if (this.open.size <= MAX_OPEN) break;
      this.open.delete(id);
      this.letGo(id, idle);
    }
    return log;
  }

  private fresh(requestId: string): RunningLog {
    return new RunningLog({ dir: this.dir, requestId, onStored: () => this.onStored(requestId) });
  }

  private letGo(id: string, log: RunningLog): void {
    // What cannot be stored now is lost with the log's own file: nobody is left to tell.
    const flushed = log.flush().catch(() => undefined);
    const entry = { log, flushed };
    this.leaving.set(id, entry);
    void flushed.then(() => {
      if (this.leaving.get(id) === entry) this.leaving.delete(id);
    });
  }

  /** For writers that say one whole line at a time, without its end. */
  linesOf(requestId: string): { append(line: string): Promise<void> } {
    return { append: (line) => this.of(requestId).append(line.endsWith('\n') ? line : `${line}\n`) };
  }

  async close(): Promise<void> {
    await Promise.allSettled([...[...this.leaving.values()].map(({ flushed }) => flushed), ...[...this.open.values()].map((log) => log.flush())]);
    this.open.clear();
  }
}
