import { AppError } from '@countersign/domain';

import type { SandboxDeclaration, SandboxId, SandboxPort, SandboxSession, SandboxSpec } from './ports/sandbox.port.js';

export const SANDBOX_CHOICES = ['auto', 'docker', 'bubblewrap'] as const;
/** `auto`: the container engine while one answers, else bubblewrap; never neither. */
export type SandboxChoice = (typeof SANDBOX_CHOICES)[number];

/** An adapter that can also end one sandbox by its name, whoever opened it. */
export type OwnedSandbox = SandboxPort & { remove(name: string): Promise<void> };

export type SandboxAdapters = { readonly [Id in SandboxId]: OwnedSandbox & { readonly id: Id } };

export function chosenSandbox(choice: SandboxChoice, adapters: SandboxAdapters): SandboxPort {
  return choice === 'auto' ? new ChosenSandboxAdapter(adapters) : adapters[choice];
}

/** Decides at each `open`: an engine that comes back is used again, and what runs on bubblewrap meanwhile runs on. */
class ChosenSandboxAdapter implements SandboxPort {
  #last: OwnedSandbox;

  constructor(private readonly adapters: SandboxAdapters) {
    this.#last = adapters.docker;
  }

  /** Of the adapter that was opened last. */
  get id(): SandboxId {
    return this.#last.id;
  }

  get declared(): SandboxDeclaration {
    return this.#last.declared;
  }

  ping(): Promise<{ readonly version: string }> {
    return this.#first((adapter) => adapter.ping());
  }

  hasImage(image: string): Promise<boolean> {
    return this.#first((adapter) => adapter.hasImage(image));
  }

  open(spec: SandboxSpec): Promise<SandboxSession> {
    return this.#first(async (adapter) => {
      const other = adapter.id === 'docker' ? this.adapters.bubblewrap : this.adapters.docker;
      // An engine that is away cannot end what an earlier attempt left in it, and can hardly run it either.
      await other.remove(spec.name).catch(whereUnavailable(() => undefined));
      return adapter.open(spec);
    });
  }

  async list(): Promise<readonly { readonly name: string; readonly requestId: string }[]> {
    const docker = await this.#ofDocker((adapter) => adapter.list(), []);
    const names = new Set(docker.map(({ name }) => name));
    return [...docker, ...(await this.adapters.bubblewrap.list()).filter(({ name }) => !names.has(name))];
  }

  async destroy(requestId: string): Promise<number> {
    const ended = await this.adapters.bubblewrap.destroy(requestId);
    return ended + (await this.#ofDocker((adapter) => adapter.destroy(requestId), 0));
  }

  /** Asks the engine, and bubblewrap where no engine answers. @throws AppError SANDBOX_UNAVAILABLE saying what both lack. */
  async #first<T>(ask: (adapter: OwnedSandbox) => Promise<T>): Promise<T> {
    const { docker, bubblewrap } = this.adapters;
    try {
      const answer = await ask(docker);
      this.#last = docker;
      return answer;
    } catch (error) {
      // An engine that answers and fails otherwise is waited for, not gone around.
      if (!isUnavailable(error) || (await docker.ping().then(() => true, () => false))) throw error;
      const answer = await ask(bubblewrap).catch(whereUnavailable((why) => {
        throw new AppError('SANDBOX_UNAVAILABLE', `${error.message} Without an engine: ${why.message}`, { cause: error });
      }));
      this.#last = bubblewrap;
      return answer;
    }
  }

  /** An engine that is away is passed over while bubblewrap works: what it holds is seen, and reaped, once it answers. */
  async #ofDocker<T>(ask: (adapter: OwnedSandbox) => Promise<T>, none: T): Promise<T> {
    try {
      return await ask(this.adapters.docker);
    } catch (error) {
      const goesOn = isUnavailable(error) && (await this.adapters.bubblewrap.ping().then(() => true, () => false));
      if (!goesOn) throw error;
      return none;
    }
  }
}

function isUnavailable(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'SANDBOX_UNAVAILABLE';
}

function whereUnavailable<T>(then: (error: AppError) => T): (error: unknown) => T {
  return (error) => {
    if (isUnavailable(error)) return then(error);
    throw error;
  };
}
