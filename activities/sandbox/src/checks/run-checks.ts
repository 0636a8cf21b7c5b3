import type { Broker, ProjectNames } from '@countersign/egress';
import type { ExecResult, SandboxSession } from '@countersign/sandbox';

import { formatMb, measureUsage } from '../disk-usage.js';
import type { Prepared, SetupWatch } from '../cache/dependency-cache.js';
import type { CheckWorkspace } from '../ports/check-workspaces.port.js';
import { whileBeating } from './beating.js';
import type { CheckCommands } from './check-commands.js';
import type { SandboxDeps } from './check-deps.js';
import { withNetwork } from './check-network.js';
import { succeeded, type CommandOutcome, type CommandOutcomes } from './check-verdict.js';
import { PrefixedLog } from './prefixed-log.js';

export type CheckSubject = {
  readonly requestId: string;
  readonly project: ProjectNames;
  /** Path of the project's bare repository. */
  readonly bare: string;
  /** A commit, or a tree. */
  readonly commit: string;
  /** The commit that it changes, or itself. */
  readonly base: string;
  /** Name of the workspace folder and of the sandbox: `check` or `check-base`. */
  readonly folder: string;
};

/** Both streams as one, in order. The text reaches `sh` as an argument of its own, so nothing of ours can change it. */
const IN_ORDER = ['sh', '-c', 'exec sh -c "$1" 2>&1', 'sh'];

/**
 * Runs setup, and test where setup succeeded, on a fresh checkout in a sandbox of its own that is gone afterwards. What
 * setup left on the very base is taken from the dependency cache where the change cannot have an effect on it.
 *
 * @throws the cancellation's reason; AppError SANDBOX_UNAVAILABLE, IMAGE_MISSING.
 */
export async function runChecks(deps: SandboxDeps, subject: CheckSubject, commands: CheckCommands): Promise<CommandOutcomes> {
  if (commands.setup === null && commands.test === null) return { setup: null, test: null };
  const { requestId, bare, commit, folder } = subject;
  const files = deps.workspaces.open(requestId, bare);
  const { workspace, prepared } = await whileBeating(deps, `${folder}: checkout`, async () => {
    // No process of a killed attempt may be in the folder while it is filled. An engine that is away is noticed here.
    await deps.sandbox.destroy(requestId);
    await files.prepare();
    const path = await files.checkout(folder, commit);
    return { workspace: path, prepared: await deps.dependencies.prepare(files, { ...subject, commands }) };
  });
  return withNetwork(deps, subject, commands, workspace, (broker) => runInSandbox(deps, subject, commands, { workspace, broker, files, ...prepared }));
}

type Place = {
  readonly workspace: string;
  readonly broker: Broker | undefined;
  readonly files: CheckWorkspace;
} & Prepared;

async function runInSandbox(deps: SandboxDeps, subject: CheckSubject, commands: CheckCommands, place: Place): Promise<CommandOutcomes> {
  const { workspace, broker, installedAt, files } = place;
  const session = await openSandbox(deps, subject, commands, place);
  try {
    const watch = installedAt === undefined ? await watchSetup(deps, subject, commands, { ...place, session }) : undefined;
    const run = (name: 'setup' | 'test', command: string): Promise<CommandOutcome> => runCommand(deps, session, subject, { name, command, workspace });
    const setup = commands.setup === null ? null : await (installedAt === undefined ? run('setup', commands.setup) : fromCache(deps, subject, installedAt));
    const isReady = setup === null || succeeded(setup);
    if (!isReady) return { setup, test: null };
    await keepInstalled(deps, subject, watch);
    if (commands.test === null) return { setup, test: null };
    await broker?.enter('execute');
    return { setup, test: await run('test', commands.test) };
  } finally {
    // What cannot be removed now is removed by the next `open`, by `destroy` or by the reaper.
    await session.stop().catch(() => undefined);
    await deps.dependencies.discard(files, subject).catch(() => undefined);
  }
}

/** What an earlier setup run on the same base left is in the folder. */
async function fromCache(deps: SandboxDeps, { requestId, folder, base }: CheckSubject, installedAt: string): Promise<CommandOutcome> {
  const note = `from the cache of ${installedAt.slice(0, 16).replace('T', ' ')} UTC, base ${base.slice(0, 12)}`;
  await deps.log(requestId).append(`[${folder}: setup] ${note}\n`);
  return { exitCode: 0, durationMs: 0, log: null, timedOutAfterMs: null, note };
}

async function watchSetup(deps: SandboxDeps, subject: CheckSubject, commands: CheckCommands, at: Place & { readonly session: SandboxSession }): Promise<SetupWatch | undefined> {
  return whileBeating(deps, `${subject.folder}: looking at the sandbox`, () => deps.dependencies.watch(at.files, { ...subject, commands }, at));
}

async function keepInstalled(deps: SandboxDeps, { folder }: CheckSubject, watch: SetupWatch | undefined): Promise<void> {
  if (watch) await whileBeating(deps, `${folder}: keeping what setup left`, () => watch.keep());
}

async function openSandbox(deps: SandboxDeps, subject: CheckSubject, commands: CheckCommands, { workspace, broker, cache }: Place): Promise<SandboxSession> {
  const { requestId, folder } = subject;
  deps.signal()?.throwIfAborted();
  const session = await whileBeating(deps, `${folder}: opening the sandbox`, () =>
    deps.sandbox.open({
      name: `${requestId}-${folder}`,
      requestId,
      image: commands.image,
      workspace,
      workspaceReadOnly: false,
      mounts: [],
      env: commands.env,
      limits: deps.limits.sandbox,
      ...(cache && { cache }),
      ...(broker && { egress: { socket: broker.socket, caFile: broker.caFile } }),
    }),
  );
  // What an earlier attempt waited for is there again.
  await deps.records.noteWaiting(requestId, deps.run(), null);
  return session;
}

type Command = { readonly name: 'setup' | 'test'; readonly command: string; readonly workspace: string };

async function runCommand(deps: SandboxDeps, session: SandboxSession, subject: CheckSubject, command: Command): Promise<CommandOutcome> {
  const step = `${subject.folder}: ${command.name}`;
  const log = new PrefixedLog(deps.log(subject.requestId), `[${step}] `);
  const { commandTimeoutMs, maxOutputBytes } = deps.limits;
  const signal = deps.signal();
  log.write(`$ ${command.command}\n`);
  const result = await whileBeating(
    deps,
    step,
    () =>
      session.exec({
        argv: [...IN_ORDER, command.command],
        timeoutMs: commandTimeoutMs,
        maxOutputBytes,
        onOutput: (text) => log.write(text),
        ...(signal && { signal }),
      }),
    () => session.isAlive(),
  );
  await log.flush();
  if (result.cancelled) throw signal?.reason ?? new Error('The check was cancelled');
  const ended = endingOf(result, commandTimeoutMs);
  const usage = await measureUsage(command.workspace);
  log.write(`${ended} after ${(result.durationMs / 1000).toFixed(1)} s; the workspace takes ${formatMb(usage)}\n`);
  await log.flush();
  const bytes = Buffer.from(deps.redact(`$ ${command.command}\n${result.stdout}${result.stderr}\n${ended}\n`));
  const artifact = await deps.artifacts.put(bytes, { name: `${subject.folder}-${command.name}.log`, mediaType: 'text/plain; charset=utf-8' });
  return { exitCode: result.exitCode, durationMs: Math.round(result.durationMs), log: artifact, timedOutAfterMs: result.timedOut ? commandTimeoutMs : null };
}

function endingOf({ timedOut, exitCode }: ExecResult, timeoutMs: number): string {
  return timedOut ? `stopped at its deadline of ${Math.round(timeoutMs / 1000)} s` : `exit code ${exitCode}`;
}
