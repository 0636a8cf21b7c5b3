import type { EgressPhase } from '@countersign/domain';
import { type Broker, storeEgress } from '@countersign/egress';
import type { SandboxEgress } from '@countersign/sandbox';

import type { AgentDeps } from './agent-deps.js';
import type { AgentRun } from './agent-run.js';

/** The way out of the container that the project's commands run in: one broker for all of them, opened by the first. */
export class ProjectNetwork {
  #broker: Broker | undefined;
  #phase: EgressPhase | undefined;

  constructor(
    private readonly deps: AgentDeps,
    private readonly run: AgentRun,
    private readonly workspace: string,
  ) {}

  /**
   * What a command may reach from now on; undefined where the project's rules allow nothing.
   *
   * @throws AppError EGRESS_REFUSED, EGRESS_UNAVAILABLE.
   */
  async for(argv: readonly string[]): Promise<SandboxEgress | undefined> {
    const phase = this.phaseOf(argv);
    if (this.#broker && this.#phase !== phase) await this.#broker.enter(phase);
    this.#broker ??= await this.open(phase);
    this.#phase = phase;
    return this.#broker && { socket: this.#broker.socket, caFile: this.#broker.caFile };
  }

  /** Ends every connection and stores what was asked. */
  async close(): Promise<void> {
    const broker = this.#broker;
    this.#broker = undefined;
    if (!broker) return;
    const { artifacts, records, redact } = this.deps;
    const { requestId, ref, signal } = this.run;
    const stored = storeEgress(await broker.close(), {
      put: (bytes, about) => artifacts.put(Buffer.from(redact(Buffer.from(bytes).toString())), about),
      putFact: (fact) => records.putFact(requestId, ref, fact),
    });
    await stored.catch((error: unknown) => {
      // A run that was stopped may be one that must not write any more.
      if (!signal.aborted) throw error;
    });
  }

  private open(phase: EgressPhase): Promise<Broker | undefined> {
    const { project } = this.run.briefing;
    const tell = (line: string): void => void Promise.resolve(this.deps.log(this.run.requestId).append(`network: ${line}`)).catch(() => undefined);
    return this.deps.egress.open({ project, settings: project.settings.egress, phase, workspace: this.workspace, tell });
  }

  private phaseOf([program, option, text, ...more]: readonly string[]): EgressPhase {
    const { setupCommand } = this.run.briefing.project.settings;
    return program === 'sh' && option === '-c' && text === setupCommand && more.length === 0 ? 'setup' : 'execute';
  }
}
