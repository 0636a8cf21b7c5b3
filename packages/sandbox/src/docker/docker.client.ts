import { AppError } from '@countersign/domain';
import Docker from 'dockerode';

const API_TIMEOUT_MS = 30_000;

const ENGINE_FIX = 'Run `node scripts/provision-docker.mjs`; `npx --no-install countersign doctor` says what is missing.';

/** What every API call takes here, so that a deadline also ends the request itself. */
export type Deadlined = { readonly abortSignal: AbortSignal };

export type EngineSwitch = 'PidsLimit' | 'MemoryLimit' | 'SwapLimit' | 'CpuCfsQuota';
export type EngineInfo = { readonly SecurityOptions?: readonly string[] } & Readonly<Partial<Record<EngineSwitch, boolean>>>;

/** dockerode's types leave out the options that these two take. */
type EngineQueries = {
  version(options: Deadlined): Promise<{ readonly Version: string }>;
  info(options: Deadlined): Promise<EngineInfo>;
};

/**
 * The engine at `host`, with a deadline on every call.
 *
 * `unix:///path` and `tcp://host:port` only: environment variables that dockerode would read by itself are not consulted
 * for the address.
 */
export class DockerClient {
  readonly docker: Docker;

  constructor(
    private readonly host: string,
    private readonly timeoutMs = API_TIMEOUT_MS,
  ) {
    const url = URL.parse(host);
    if (url?.protocol === 'unix:') this.docker = new Docker({ socketPath: decodeURIComponent(url.pathname) });
    else if (url?.protocol === 'tcp:') this.docker = new Docker({ protocol: 'http', host: url.hostname, port: url.port || 2375 });
    else throw new AppError('CONFIG_INVALID', 'The container engine must be a unix:// or tcp:// address', { field: 'DOCKER_HOST' });
  }

  get queries(): EngineQueries {
    return this.docker as unknown as EngineQueries;
  }

  /**
   * Runs one API call.
   *
   * @throws AppError SANDBOX_UNAVAILABLE where the engine is away, answers 5xx or misses the deadline; what it refuses by
   * another status is thrown as it came, for `statusOf`.
   */
  async call<T>(what: string, run: (deadlined: Deadlined) => Promise<T>): Promise<T> {
    const deadline = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    // Some of dockerode's calls ignore a signal, so the clock is raced as well.
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(this.unavailable(`did not answer within ${this.timeoutMs / 1000} s to: ${what}`));
        deadline.abort();
      }, this.timeoutMs);
    });
    try {
      return await Promise.race([run({ abortSignal: deadline.signal }), late]);
    } catch (error) {
      const status = statusOf(error);
      if (error instanceof AppError || (status !== undefined && status < 500)) throw error;
      const why = status === undefined ? `does not answer (${codeOf(error)})` : `answered ${status}: ${reasonOf(error)}`;
      throw this.unavailable(`${why} to: ${what}`, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** As `call`, answering undefined where the engine knows no such thing (404). */
  async find<T>(what: string, run: (deadlined: Deadlined) => Promise<T>): Promise<T | undefined> {
    return this.tolerate([404], what, run);
  }

  /** As `call`, answering undefined for these statuses: what was asked for is so already. */
  async tolerate<T>(statuses: readonly number[], what: string, run: (deadlined: Deadlined) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.call(what, run);
    } catch (error) {
      if (statuses.includes(statusOf(error) ?? 0)) return undefined;
      throw error;
    }
  }

  unavailable(why: string, cause?: unknown): AppError {
    return new AppError('SANDBOX_UNAVAILABLE', `The container engine at ${this.host} ${why}. ${ENGINE_FIX}`, { cause });
  }
}

export function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return String(code ?? name ?? 'unknown');
}

function reasonOf(error: unknown): string {
  const { json } = error as { json?: { message?: unknown } };
  return String(json?.message ?? '').slice(0, 500);
}
