import type { ExecRequest, ExecResult } from '../ports/sandbox.port.js';
import { BoundedOutput } from './bounded-output.js';

export type Ending = 'ended' | 'timedOut' | 'cancelled';

/** One program as it runs: what it prints, its deadline, its cancellation, and the result out of them. */
export class ExecRecord {
  readonly #startedAt = performance.now();
  #endedAt = this.#startedAt;
  readonly #stdout: BoundedOutput;
  readonly #stderr: BoundedOutput;

  constructor(private readonly request: ExecRequest) {
    const { maxOutputBytes, onOutput } = request;
    this.#stdout = new BoundedOutput(maxOutputBytes, onOutput && ((text) => onOutput(text, 'stdout')));
    this.#stderr = new BoundedOutput(maxOutputBytes, onOutput && ((text) => onOutput(text, 'stderr')));
  }

  add(bytes: Buffer, stream: 'stdout' | 'stderr'): void {
    (stream === 'stdout' ? this.#stdout : this.#stderr).add(bytes);
  }

  /** What comes first: the program's own end, its deadline or its cancellation. */
  async endingOf<T>(ended: Promise<T>): Promise<T | Exclude<Ending, 'ended'>> {
    const { timeoutMs, signal } = this.request;
    let timer: NodeJS.Timeout | undefined;
    let cancel = (): void => undefined;
    const early = new Promise<Exclude<Ending, 'ended'>>((resolve) => {
      cancel = () => resolve('cancelled');
      timer = setTimeout(() => resolve('timedOut'), timeoutMs);
      signal?.addEventListener('abort', cancel, { once: true });
      if (signal?.aborted) cancel();
    });
    try {
      return await Promise.race([ended, early]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      this.#endedAt = performance.now();
    }
  }

  result(ending: Ending, exitCode: number | null): ExecResult {
    return {
      exitCode,
      timedOut: ending === 'timedOut',
      cancelled: ending === 'cancelled',
      stdout: this.#stdout.text(),
      stderr: this.#stderr.text(),
      truncated: this.#stdout.truncated || this.#stderr.truncated,
      durationMs: Math.round(this.#endedAt - this.#startedAt),
    };
  }
}
