import { StreamErrors } from './stream-errors.js';

export type WireTrouble = 'unreachable' | 'cut' | 'timed-out';

export type CallTimeouts = {
  /** From the call to the end of its answer. */
  readonly totalMs: number;
  /** Between two pieces of a body. */
  readonly idleMs: number;
};

export const DEFAULT_TIMEOUTS: CallTimeouts = { totalMs: 10 * 60_000, idleMs: 2 * 60_000 };

const MAX_ERROR_CHARS = 16_384;

/**
 * One call as it really went over the wire, seen below the provider's SDK: what the SDKs make of an error differs, and
 * what LangChain makes of that differs again.
 */
export class CallWire {
  status: number | null = null;
  headers: Headers | null = null;
  /** The body of an error, or of one inside a stream. */
  errorText = '';
  trouble: WireTrouble | null = null;

  private readonly ended = new AbortController();
  private readonly total: NodeJS.Timeout;
  private idle: NodeJS.Timeout | undefined;

  constructor(
    private readonly caller: AbortSignal,
    private readonly timeouts: CallTimeouts,
  ) {
    this.total = setTimeout(() => this.timeOut(), timeouts.totalMs);
  }

  /** Ends with the caller's signal, or when the time is up. */
  get signal(): AbortSignal {
    return AbortSignal.any([this.caller, this.ended.signal]);
  }

  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const signals = [this.signal, ...(init?.signal ? [init.signal] : []), ...(input instanceof Request ? [input.signal] : [])];
    try {
      // A redirect would carry the key to wherever it leads.
      const response = await fetch(input, { ...init, redirect: 'manual', signal: AbortSignal.any(signals) });
      this.status = response.status;
      this.headers = response.headers;
      return response.ok ? this.watched(response) : await this.failed(response);
    } catch (error) {
      this.trouble ??= this.status === null ? 'unreachable' : 'cut';
      throw error;
    }
  };

  close(): void {
    clearTimeout(this.total);
    clearTimeout(this.idle);
  }

  private timeOut(): void {
    this.trouble ??= 'timed-out';
    this.ended.abort(new Error('The model took too long'));
  }

  private async failed(response: Response): Promise<Response> {
    const text = await response.text();
    this.errorText = text.slice(0, MAX_ERROR_CHARS);
    return new Response(text, { status: response.status, statusText: response.statusText, headers: response.headers });
  }

  /** The same answer, with a limit on each wait for more of it. */
  private watched(response: Response): Response {
    const reader = response.body?.getReader();
    if (!reader) return response;
    const errors = new StreamErrors();
    // The SDK gives up what it cannot read: that is no cut.
    let isGivenUp = false;
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        this.idle = setTimeout(() => this.timeOut(), this.timeouts.idleMs);
        try {
          const { done, value } = await reader.read();
          if (value) errors.see(value);
          if (errors.found !== null) this.errorText = errors.found.slice(0, MAX_ERROR_CHARS);
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          if (isGivenUp) return;
          this.trouble ??= 'cut';
          controller.error(error);
        } finally {
          clearTimeout(this.idle);
        }
      },
      cancel: (reason) => {
        isGivenUp = true;
        return reader.cancel(reason);
      },
    });
    return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
  }
}
