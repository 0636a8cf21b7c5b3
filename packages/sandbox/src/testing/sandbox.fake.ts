import { AppError } from '@countersign/domain';

import type { ExecRequest, ExecResult, SandboxId, SandboxPort, SandboxSession, SandboxSpec } from '../ports/sandbox.port.js';

export type FakeExec = { readonly spec: SandboxSpec; readonly request: ExecRequest };

/**
 * What a program does: a part of its result, or an error to throw. `ended` settles with the deadline or the
 * cancellation, for a handler that never ends by itself.
 */
export type FakeHandler = (call: FakeExec & { readonly ended: Promise<'timedOut' | 'cancelled'> }) => Partial<ExecResult> | Promise<Partial<ExecResult>>;

export type FakeSandbox<Id extends SandboxId = 'docker'> = SandboxPort<Id> & {
  remove(name: string): Promise<void>;
  /** Every `exec`, in order. */
  readonly calls: readonly FakeExec[];
  /** Every `open`, in order. */
  readonly opened: readonly SandboxSpec[];
  /** False: every call throws SANDBOX_UNAVAILABLE. */
  isUp: boolean;
  readonly images: Set<string>;
};

/** Keeps sandboxes in memory with the port's own guarantees; an argument vector without a handler throws. */
export function fakeSandbox(handlers?: Readonly<Record<string, FakeHandler>>): FakeSandbox;
export function fakeSandbox<Id extends SandboxId>(handlers: Readonly<Record<string, FakeHandler>>, id: Id): FakeSandbox<Id>;
export function fakeSandbox(handlers: Readonly<Record<string, FakeHandler>> = {}, id: SandboxId = 'docker'): FakeSandbox<SandboxId> {
  const calls: FakeExec[] = [];
  const opened: SandboxSpec[] = [];
  const sessions = new Map<string, FakeSession>();
  const run = (call: FakeExec): Promise<ExecResult> => {
    calls.push(call);
    const handler = handlers[call.request.argv.join(' ')];
    if (!handler) throw new Error(`fakeSandbox was not told what this does: ${JSON.stringify(call.request.argv)}`);
    return runHandler(handler, call);
  };
  const fake: FakeSandbox<SandboxId> = {
    id,
    declared: { enforced: ['everything a fake can'], notEnforced: [], reattach: true },
    calls,
    opened,
    isUp: true,
    images: new Set(['image']),
    async ping() {
      requireUp(this);
      return { version: 'fake' };
    },
    async hasImage(image) {
      requireUp(this);
      return this.images.has(image);
    },
    async open(spec) {
      requireUp(this);
      if (!this.images.has(spec.image)) throw new AppError('IMAGE_MISSING', `There is no image ${spec.image}`);
      opened.push(spec);
      sessions.get(spec.name)?.kill();
      const session = new FakeSession(spec, id, run, () => this.isUp, sessions);
      sessions.set(spec.name, session);
      return session;
    },
    async list() {
      requireUp(this);
      return [...sessions.values()].map(({ name, spec: { requestId } }) => ({ name, requestId }));
    },
    async destroy(requestId) {
      requireUp(this);
      const found = [...sessions.values()].filter(({ spec }) => spec.requestId === requestId);
      for (const session of found) await session.stop();
      return found.length;
    },
    async remove(name) {
      requireUp(this);
      await sessions.get(name)?.stop();
    },
  };
  return fake;
}

class FakeSession implements SandboxSession {
  readonly name: string;
  readonly #gone = new AbortController();

  constructor(
    readonly spec: SandboxSpec,
    readonly adapter: SandboxId,
    private readonly run: (call: FakeExec) => Promise<ExecResult>,
    private readonly isUp: () => boolean,
    private readonly sessions: Map<string, FakeSession>,
  ) {
    this.name = spec.name;
  }

  async exec(request: ExecRequest): Promise<ExecResult> {
    if (request.signal?.aborted) return resultOf({ exitCode: null, cancelled: true }, request);
    const unavailable = new AppError('SANDBOX_UNAVAILABLE', 'The sandbox is gone');
    if (!this.isUp() || this.#gone.signal.aborted) throw unavailable;
    const gone = new Promise<never>((_resolve, reject) => {
      this.#gone.signal.addEventListener('abort', () => reject(unavailable), { once: true });
    });
    return Promise.race([this.run({ spec: this.spec, request }), gone]);
  }

  async whilePaused<T>(work: () => Promise<T>): Promise<T> {
    if (!(await this.isAlive())) throw new AppError('SANDBOX_UNAVAILABLE', 'The sandbox is gone');
    return work();
  }

  async isAlive(): Promise<boolean> {
    return this.isUp() && !this.#gone.signal.aborted;
  }

  kill(): void {
    this.#gone.abort();
  }

  async stop(): Promise<void> {
    this.kill();
    if (this.sessions.get(this.name) === this) this.sessions.delete(this.name);
  }
}

async function runHandler(handler: FakeHandler, call: FakeExec): Promise<ExecResult> {
  const { request } = call;
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<'timedOut' | 'cancelled'>((resolve) => {
    timer = setTimeout(() => resolve('timedOut'), request.timeoutMs);
    // A session that is gone leaves its program behind; the test run need not wait for it.
    timer.unref();
    request.signal?.addEventListener('abort', () => resolve('cancelled'), { once: true });
  });
  const early = ended.then((how): Partial<ExecResult> => ({ exitCode: null, [how]: true }));
  try {
    const result = resultOf(await Promise.race([handler({ ...call, ended }), early]), request);
    if (result.stdout !== '') request.onOutput?.(result.stdout, 'stdout');
    if (result.stderr !== '') request.onOutput?.(result.stderr, 'stderr');
    return result;
  } finally {
    clearTimeout(timer);
  }
}

function resultOf(part: Partial<ExecResult>, { maxOutputBytes }: ExecRequest): ExecResult {
  const result = { exitCode: 0, timedOut: false, cancelled: false, stdout: '', stderr: '', truncated: false, durationMs: 1, ...part };
  if (result.stdout.length <= maxOutputBytes) return result;
  return { ...result, stdout: result.stdout.slice(0, maxOutputBytes), truncated: true };
}

function requireUp(fake: FakeSandbox<SandboxId>): void {
  if (!fake.isUp) throw new AppError('SANDBOX_UNAVAILABLE', 'No container engine answers. Run `node scripts/provision-docker.mjs`.');
}
