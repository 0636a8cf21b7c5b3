/** At most ten a second for each request: a reader gets what came meanwhile in one piece. */
const EVERY_MS = 100;

/**
 * Says that a log has grown: at once, then at most every 100 ms, and always once more after the last growth. A hint
 * that cannot be told is lost: readers look by themselves now and then.
 */
export class LogHints {
  /** Requests told lately, and whether their logs have grown since. */
  private readonly told = new Map<string, boolean>();
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(private readonly tell: (requestId: string) => Promise<unknown>) {}

  grown(requestId: string): void {
    if (this.told.has(requestId)) this.told.set(requestId, true);
    else this.send(requestId);
  }

  /** Nothing is told from now on but what is on its way. */
  close(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.told.clear();
  }

  private send(requestId: string): void {
    this.told.set(requestId, false);
    this.tell(requestId).catch(() => undefined);
    const timer = setTimeout(() => {
      this.timers.delete(requestId);
      const hasGrown = this.told.get(requestId);
      this.told.delete(requestId);
      if (hasGrown) this.send(requestId);
    }, EVERY_MS);
    this.timers.set(requestId, timer.unref());
  }
}
