export const SANDBOXES = ['docker', 'bubblewrap'] as const;
export type SandboxId = (typeof SANDBOXES)[number];

export type SandboxLimits = {
  readonly memoryMb: number;
  /** May be a fraction. */
  readonly cpus: number;
  /** Processes and threads together. */
  readonly pids: number;
  /** Size of one file. */
  readonly fileMb: number;
  readonly tmpMb: number;
};

export type SandboxMount = { readonly source: string; readonly target: string; readonly readOnly: boolean };

export type SandboxSpec = {
  /** Derived from the request, so that a retry finds what an earlier attempt opened. */
  readonly name: string;
  readonly requestId: string;
  readonly image: string;
  /** A folder of the host, mounted at `/workspace`. Its owner is who runs inside; root is refused. */
  readonly workspace: string;
  readonly workspaceReadOnly: boolean;
  /** Further folders; read-only ones only, the workspace is the one place that may be written. */
  readonly mounts: readonly SandboxMount[];
  readonly env: Readonly<Record<string, string>>;
  readonly limits: SandboxLimits;
  /** The one further place that may be written; absent: none. */
  readonly cache?: SandboxCache;
  /** The only way out, where the project allows one; absent: no network at all. */
  readonly egress?: SandboxEgress;
};

/** What package managers download goes here, so that it can be brought along. */
export type SandboxCache = {
  /** A folder of the host, mounted at `CACHE_MOUNT`, that belongs to the owner of the workspace and to this sandbox alone. */
  readonly folder: string;
  /** What leads package managers there; the specification's own variables win. */
  readonly env: Readonly<Record<string, string>>;
};

/** Where `SandboxSpec.cache` is inside. Files in it may name each other by this path, so it is the same in every sandbox. */
export const CACHE_MOUNT = '/cache';

/** A broker outside of the sandbox. The adapter offers it on the loopback of the sandbox's own, empty network. */
export type SandboxEgress = {
  /** Unix socket of the host, of this run alone, that listens by the time of `open`; speaks HTTP proxy. */
  readonly socket: string;
  /** PEM file of the host that everybody may read: every authority that programs inside trust, this run's own among them. */
  readonly caFile: string;
};

export type ExecRequest = {
  /** An argument vector; no shell reads it unless it names one. */
  readonly argv: readonly string[];
  /** Absolute, inside the sandbox; `/workspace` where absent. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly timeoutMs: number;
  /** Of each stream; the middle of a longer one is left out and `truncated` says so. */
  readonly maxOutputBytes: number;
  /** Called as output arrives, until `maxOutputBytes` of a stream were handed over. */
  readonly onOutput?: (text: string, stream: 'stdout' | 'stderr') => void;
  readonly signal?: AbortSignal;
};

export type ExecResult = {
  /** Null where the program was ended by the deadline or a cancellation. 137: killed, by the memory limit for instance. */
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  readonly cancelled: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
  readonly durationMs: number;
};

export interface SandboxSession {
  readonly name: string;
  /** What it runs on. */
  readonly adapter: SandboxId;
  /**
   * Runs one program. A program that fails is a result, not an error. The deadline and `signal` end
   * every process of the sandbox, whatever it forked, and empty `/tmp`; the session stays usable.
   *
   * @throws AppError SANDBOX_UNAVAILABLE where the engine does not answer or the sandbox is gone.
   */
  exec(request: ExecRequest): Promise<ExecResult>;
  /**
   * Does the work while no process of the sandbox runs, so that its folders hold still; they all go on afterwards.
   *
   * @throws what the work throws; AppError SANDBOX_UNAVAILABLE, before the work, where they cannot be held.
   */
  whilePaused<T>(work: () => Promise<T>): Promise<T>;
  /** Whether it still runs on the engine: what a heartbeat may be tied to. Never throws. */
  isAlive(): Promise<boolean>;
  /** Kills the whole process tree and removes the sandbox. None left is success. */
  stop(): Promise<void>;
}

/** What an adapter holds by itself, in words for the request's page. */
export type SandboxDeclaration = {
  readonly enforced: readonly string[];
  readonly notEnforced: readonly string[];
  /** Whether `open` finds a sandbox that an earlier worker opened. */
  readonly reattach: boolean;
};

/**
 * Isolated places to run programs in, without any network but a broker's.
 *
 * `list` and `destroy` must see everything `open` has made for this installation, even where the answer
 * was lost, and nothing of another installation on the same engine.
 */
export interface SandboxPort<Id extends SandboxId = SandboxId> {
  readonly id: Id;
  readonly declared: SandboxDeclaration;
  /** @throws AppError SANDBOX_UNAVAILABLE saying what to type. */
  ping(): Promise<{ readonly version: string }>;
  hasImage(image: string): Promise<boolean>;
  /**
   * Opens, or re-attaches to, the sandbox of that name. No process of an earlier attempt is alive in it.
   *
   * @throws AppError SANDBOX_UNAVAILABLE, IMAGE_MISSING, or INVALID_INPUT for a specification that is refused.
   */
  open(spec: SandboxSpec): Promise<SandboxSession>;
  list(): Promise<readonly { readonly name: string; readonly requestId: string }[]>;
  /** Kills and removes every sandbox of the request; answers how many there were. */
  destroy(requestId: string): Promise<number>;
}
