import type { AgentActivities } from '@countersign/workflow-contracts';

import { isSuperseded } from './failure.js';
import type { Life } from './life.js';

/** Work that goes on beside a stage. `cut` asks it to stop; `done` settles when it has, and never fails. */
export type Detached = { readonly cut: () => void; readonly done: Promise<unknown> };
export type Detach = (work: () => Promise<void>) => Detached;

export type ChatDeps = {
  readonly agent: Pick<AgentActivities, 'answer'>;
  /** `done` answers what the work threw; undefined where it ended well or was cut. */
  readonly detach: Detach;
};

/**
 * Has people's comments answered one at a time while a gate is open, without holding it up: a vote closes the gate
 * also while the model thinks. What was not answered then is dropped.
 */
export class Chat {
  private running: { readonly wordId: string; readonly cut: () => void; readonly done: Promise<unknown>; isCut: boolean } | undefined;
  private failure: unknown;

  constructor(
    private readonly deps: ChatDeps,
    private readonly life: Life,
  ) {}

  /** Whether `proceed` has something to do. */
  get isReady(): boolean {
    return this.failure !== undefined || (this.running === undefined && this.life.questions.length > 0);
  }

  /** Begins the next answer where none is being given. @throws what says that another run owns the request. */
  proceed(): void {
    if (this.failure !== undefined) {
      const failure = this.failure;
      this.failure = undefined;
      throw failure;
    }
    const [wordId] = this.life.questions;
    if (this.running || wordId === undefined) return;
    const { requestId } = this.life;
    const { cut, done } = this.deps.detach(() => this.deps.agent.answer({ requestId, wordId }));
    const running = { wordId, cut, done, isCut: false };
    this.running = running;
    void done.then((failure) => this.settle(running, failure));
  }

  /** Stops what runs, for now: its question is asked again. Settles when nothing runs any more. */
  async halt(): Promise<void> {
    const { running } = this;
    if (!running) return;
    running.isCut = true;
    running.cut();
    await running.done;
  }

  /** Stops what runs without waiting for it: the gate is paused, or closed and its questions with it. */
  leave(isOver: boolean): void {
    if (isOver) this.life.questions = [];
    if (!this.running) return;
    this.running.isCut = true;
    this.running.cut();
  }

  private settle(running: NonNullable<Chat['running']>, failure: unknown): void {
    this.running = undefined;
    // A cut answer may have come all the same; asking once more finds it and changes nothing.
    if (!running.isCut) this.life.questions = this.life.questions.filter((wordId) => wordId !== running.wordId);
    // The activity answers for every other failure itself, in the thread.
    if (isSuperseded(failure)) this.failure = failure;
  }
}
