import type { LifecyclePort, RunDescription, StartInput, UpdateOutcome } from './lifecycle.port.js';

export type SentUpdate = Parameters<LifecyclePort['update']>[1] & { readonly requestId: string };

/** Records what was sent and answers what the test says; everything is recorded unless told otherwise. */
export class FakeLifecycle implements LifecyclePort {
  readonly started: StartInput[] = [];
  readonly updates: SentUpdate[] = [];
  readonly signals: { readonly requestId: string; readonly name: string }[] = [];
  readonly runs = new Map<string, RunDescription>();
  readonly continued = new Map<string, string>();
  answer: (update: SentUpdate) => UpdateOutcome | Promise<UpdateOutcome> = () => ({ kind: 'recorded' });
  /** Set to make every call fail. */
  failure: Error | undefined;

  async start(input: StartInput): Promise<void> {
    await this.reach();
    this.started.push(input);
  }

  async update(requestId: string, update: Parameters<LifecyclePort['update']>[1]): Promise<UpdateOutcome> {
    await this.reach();
    const sent = { requestId, ...update };
    this.updates.push(sent);
    return this.answer(sent);
  }

  async signal(requestId: string, name: string): Promise<void> {
    await this.reach();
    this.signals.push({ requestId, name });
  }

  async describe(requestId: string): Promise<RunDescription | undefined> {
    await this.reach();
    return this.runs.get(requestId);
  }

  async continuedFrom(_requestId: string, runId: string): Promise<string | undefined> {
    await this.reach();
    return this.continued.get(runId);
  }

  private reach(): Promise<void> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve();
  }
}
