export type SandboxSpec = {
  readonly name: string;
  readonly requestId: string;
  readonly image: string;
  /** Folder of the host, mounted at `/workspace`. */
  readonly workspace: string;
  readonly workspaceReadOnly: boolean;
  readonly mounts: readonly { readonly source: string; readonly target: string; readonly readOnly: boolean }[];
  readonly env: Readonly<Record<string, string>>;
  readonly limits: SandboxLimits;
};

export type SandboxLimits = {
  readonly memoryMb: number;
  readonly cpus: number;
  readonly pids: number;
  readonly fileMb: number;
  readonly tmpMb: number;
};

export type ExecRequest = {
  readonly argv: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly onOutput?: (text: string, stream: 'stdout' | 'stderr') => void;
  readonly signal?: AbortSignal;
};

export type ExecResult = {
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
  exec(request: ExecRequest): Promise<ExecResult>;
  /** Ends every process of it; none left is success. */
  stop(): Promise<void>;
}

/** The part of a sandbox that the agent needs; adapters live in activities/sandbox. */
export interface ToolSandboxPort {
  readonly declared: { readonly notEnforced: readonly string[] };
  /**
   * Opens, or re-attaches to, the sandbox of that name; no process of an earlier attempt is alive in it.
   *
   * @throws AppError SANDBOX_UNAVAILABLE where no engine answers, IMAGE_MISSING.
   */
  open(spec: SandboxSpec): Promise<SandboxSession>;
  /** Kills and removes every sandbox of the request; answers how many there were. */
  destroy(requestId: string): Promise<number>;
}
