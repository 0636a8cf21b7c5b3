import type { EgressPhase } from '@countersign/domain';

import { isRefusal, reasonOf, statusOf } from './egress-error.js';
import type { Target } from './proxy-target.js';

/** One request, one tunnel, or one attempt that was refused. No header, no query, no body. */
export type EgressEntry = {
  readonly time: string;
  readonly phase: EgressPhase;
  readonly method: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** What the client inside was answered. */
  readonly status: number;
  /** Bodies, as the sandbox sees them; everything in both directions for a tunnel. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly durationMs: number;
  readonly allowed: boolean;
  /** Why it was refused, or what went wrong after it was allowed. */
  readonly reason: string | null;
  /** Name of the credential that was put in; never its value. */
  readonly credential: string | null;
  readonly tunnel: boolean;
};

export type EgressReport = {
  readonly phase: EgressPhase;
  readonly allowed: number;
  readonly refused: number;
  /** `host:port` of each tunnel that was opened. */
  readonly tunnels: readonly string[];
  /** `host:port` of what was refused, at most a hundred. */
  readonly refusedHosts: readonly string[];
  /** JSON lines. */
  readonly log: string;
};

const NOWHERE: Target = { host: '', port: 0 };
const MAX_LINES = 20_000;
const MAX_TOLD = 50;
const MAX_HOSTS = 100;
const MAX_PATH_CHARS = 500;

/** The requests of one phase. Counts go on where lines are no longer kept. */
export class EgressLog {
  readonly #lines: string[] = [];
  readonly #tunnels = new Set<string>();
  readonly #refusedHosts = new Set<string>();
  #allowed = 0;
  #refused = 0;

  /** @param tell takes a line for people about each refusal, up to a limit. */
  constructor(
    readonly phase: EgressPhase,
    private readonly tell: (line: string) => void,
  ) {}

  add(entry: Omit<EgressEntry, 'phase'>): void {
    const place = `${entry.host}:${entry.port}`;
    if (entry.allowed) this.#allowed += 1;
    else this.#refuse(entry, place);
    if (entry.allowed && entry.tunnel) this.#tunnels.add(place);
    if (this.#lines.length > MAX_LINES) return;
    const isLast = this.#lines.length === MAX_LINES;
    const line = isLast ? { phase: this.phase, note: `more than ${MAX_LINES} requests: the rest is counted, not listed` } : this.#line(entry);
    this.#lines.push(JSON.stringify(line));
  }

  /** What came to nothing before a request could be read. */
  failed(method: string, target: Target | undefined, error: unknown): void {
    const about = { time: new Date().toISOString(), method, ...(target ?? NOWHERE), path: '', status: statusOf(error), reason: reasonOf(error) };
    this.add({ ...about, sentBytes: 0, receivedBytes: 0, durationMs: 0, allowed: !isRefusal(error), credential: null, tunnel: false });
  }

  report(): EgressReport {
    return {
      phase: this.phase,
      allowed: this.#allowed,
      refused: this.#refused,
      tunnels: [...this.#tunnels],
      refusedHosts: [...this.#refusedHosts],
      log: this.#lines.map((line) => `${line}\n`).join(''),
    };
  }

  #line({ time, ...entry }: Omit<EgressEntry, 'phase'>): EgressEntry {
    return { time, phase: this.phase, ...entry, path: pathOnly(entry.path) };
  }

  #refuse({ method, path, reason }: Omit<EgressEntry, 'phase'>, place: string): void {
    this.#refused += 1;
    if (this.#refusedHosts.size < MAX_HOSTS) this.#refusedHosts.add(place);
    if (this.#refused <= MAX_TOLD) this.tell(`refused ${method} ${place}${pathOnly(path)}: ${reason ?? ''}`);
    if (this.#refused === MAX_TOLD) this.tell('further refusals are in the network log of this run');
  }
}

function pathOnly(path: string): string {
  return (path.split('?')[0] ?? '').slice(0, MAX_PATH_CHARS);
}
