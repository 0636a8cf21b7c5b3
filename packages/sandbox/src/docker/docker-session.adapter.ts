import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';

import type { Container, Exec } from 'dockerode';

import type { ExecRequest, ExecResult, SandboxSession } from '../ports/sandbox.port.js';
import { ExecRecord } from '../output/exec-record.js';
import { statusOf, type DockerClient } from './docker.client.js';
import { frameReader } from './docker-frames.js';
import { WORKSPACE, type Owner } from '../sandbox-spec.js';

const KILLED = 137;
/** How long the engine may take to say that a container ended, and who ended it to remove it or start it again. */
const NOTICE_MS = 1000;
const SETTLE_MS = 3000;
const STEP_MS = 200;

export type SessionParts = {
  readonly container: Container;
  readonly owner: Owner;
  /** The container that holds its network, where it has a way out. */
  readonly forwarder?: Container;
};

type Running = { readonly exec: Exec; readonly stream: Duplex };

/**
 * One container. Everything in it ends with it: the kernel ends a pid namespace as a whole. A session whose container was
 * started again or removed by another one touches it no more.
 */
export class DockerSession implements SandboxSession {
  readonly adapter = 'docker';
  private readonly container: Container;
  /** When this session started the container: another time is another attempt's. */
  #startedAt = '';
  /** It ended by this session's doing, so this session may start it again. */
  #isDown = false;

  constructor(
    readonly name: string,
    private readonly client: DockerClient,
    private readonly parts: SessionParts,
  ) {
    this.container = parts.container;
  }

  async exec(request: ExecRequest): Promise<ExecResult> {
    const record = new ExecRecord(request);
    if (request.signal?.aborted) return record.result('cancelled', null);
    const running = await this.#launch(request);
    running.stream.on('data', frameReader((bytes, stream) => record.add(bytes, stream)));
    const ending = await record.endingOf(endOf(running.stream));
    if (ending === 'ended') {
      const exitCode = await this.#exitCode(running.exec);
      if (exitCode === KILLED) await this.#requireOurs();
      return record.result(ending, exitCode);
    }
    await this.#killOurs();
    running.stream.destroy();
    return record.result(ending, null);
  }

  async whilePaused<T>(work: () => Promise<T>): Promise<T> {
    if (!(await this.#isOurs())) throw this.client.unavailable('has given the sandbox to another attempt');
    await this.client.call('pause', (deadlined) => this.container.pause(deadlined)).catch((error: unknown) => {
      throw statusOf(error) === undefined ? error : this.client.unavailable('cannot pause the sandbox', error);
    });
    try {
      return await work();
    } finally {
      // One that does not go on answers no further call, and is removed like any other.
      await this.client.call('unpause', (deadlined) => this.container.unpause(deadlined)).catch(() => undefined);
    }
  }

  async isAlive(): Promise<boolean> {
    try {
      const { State } = await this.client.call('inspect', (deadlined) => this.container.inspect(deadlined));
      return State.Running && State.StartedAt === this.#startedAt;
    } catch {
      return false;
    }
  }

  async stop(): Promise<void> {
    if (await this.#isOurs()) await this.#remove(this.container);
    if (this.parts.forwarder) await this.#remove(this.parts.forwarder);
  }

  /** Starts the container with nothing of an earlier use alive in it. */
  async restart(): Promise<void> {
    await this.#killAll();
    await this.start();
  }

  async start(): Promise<void> {
    try {
      // 304: it runs already.
      await this.client.tolerate([304], 'start', (deadlined) => this.container.start(deadlined));
      const { State } = await this.client.call('inspect', (deadlined) => this.container.inspect(deadlined));
      this.#startedAt = State.StartedAt;
      this.#isDown = false;
    } catch (error) {
      throw this.#translated(error);
    }
  }

  /** A session whose container was killed by an earlier deadline starts it again first. */
  async #launch(request: ExecRequest): Promise<Running> {
    if (!(await this.#isOurs())) throw this.client.unavailable('has given the sandbox to another attempt');
    if (this.#isDown) await this.start();
    try {
      return await this.#begin(request);
    } catch (error) {
      throw this.#translated(error);
    }
  }

  async #begin({ argv, cwd, env, stdin }: ExecRequest): Promise<Running> {
    const exec = await this.client.call('create exec', (deadlined) =>
      this.container.exec({
        Cmd: [...argv],
        WorkingDir: cwd ?? WORKSPACE,
        Env: Object.entries(env ?? {}).map(([name, value]) => `${name}=${value}`),
        User: `${this.parts.owner.uid}:${this.parts.owner.gid}`,
        AttachStdin: stdin !== undefined,
        AttachStdout: true,
        AttachStderr: true,
        Tty: false,
        ...deadlined,
      }),
    );
    // The start's own request goes on as the stream, so its deadline may not be tied to the signal.
    const stream = await this.client.call('start exec', () => exec.start({ hijack: true, stdin: true }));
    // A program that ends before it read its input breaks the pipe; its exit code is what counts.
    stream.on('error', () => undefined);
    if (stdin !== undefined) stream.end(stdin);
    return { exec, stream };
  }

  async #exitCode(exec: Exec): Promise<number> {
    const found = await this.client.find('inspect exec', (deadlined) => exec.inspect(deadlined));
    if (typeof found?.ExitCode === 'number' && !found.Running) return found.ExitCode;
    // The connection broke while the program runs, or the container is gone: what it did is unknown.
    await this.#killOurs();
    throw this.client.unavailable('lost the connection to a running program');
  }

  /**
   * A program killed because somebody else removed or re-opened the sandbox has no result. One that the memory limit
   * killed, or that ended its own sandbox, has.
   */
  async #requireOurs(): Promise<void> {
    for (let waitedMs = 0; waitedMs < SETTLE_MS; waitedMs += STEP_MS) {
      const found = await this.client.find('inspect', (deadlined) => this.container.inspect(deadlined));
      if (!found || found.State.StartedAt !== this.#startedAt) throw this.client.unavailable('ended the sandbox for another attempt');
      if (found.State.Running && waitedMs >= NOTICE_MS) return;
      await setTimeout(STEP_MS);
    }
    this.#isDown = true;
  }

  async #remove(container: Container): Promise<void> {
    // 409: another call removes it already.
    await this.client.tolerate([404, 409], 'remove', (deadlined) => container.remove({ force: true, v: true, ...deadlined }));
  }

  async #isOurs(): Promise<boolean> {
    const found = await this.client.find('inspect', (deadlined) => this.container.inspect(deadlined));
    return found?.State.StartedAt === this.#startedAt;
  }

  /** An attempt that was replaced must not end what its successor runs. */
  async #killOurs(): Promise<void> {
    if (!(await this.#isOurs())) return;
    await this.#killAll();
    this.#isDown = true;
  }

  async #killAll(): Promise<void> {
    // 409: it is not running.
    await this.client.tolerate([404, 409], 'kill', (deadlined) => this.container.kill({ signal: 'SIGKILL', ...deadlined }));
    await this.client.find('wait', (deadlined) => this.container.wait({ condition: 'not-running', ...deadlined }));
  }

  #translated(error: unknown): unknown {
    const status = statusOf(error);
    return status === 404 || status === 409 ? this.client.unavailable('has no such container any more', error) : error;
  }
}

function endOf(stream: Duplex): Promise<'ended'> {
  return new Promise((resolve) => {
    stream.once('end', () => resolve('ended'));
    stream.once('close', () => resolve('ended'));
  });
}
