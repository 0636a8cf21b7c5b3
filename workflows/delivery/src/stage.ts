import type {
  AgentActivities,
  PolicyActivities,
  RecordsActivities,
  SandboxActivities,
  VcsActivities,
} from '@countersign/workflow-contracts';
import type { State } from '@countersign/domain';

import type { Chat } from './chat.stage.js';
import type { Ending, Life } from './life.js';

export type StageDeps = {
  readonly records: RecordsActivities;
  readonly agent: AgentActivities;
  readonly sandbox: SandboxActivities;
  readonly policy: PolicyActivities;
  readonly vcs: VcsActivities;
  /** The same activities with a bounded number of tries, so that a failing undo can be shown. */
  readonly undo: Pick<SandboxActivities, 'destroy'> & Pick<VcsActivities, 'closeMergeRequest' | 'deleteBranch'>;
  /** Answers comments while a gate is open. */
  readonly chat: Pick<Chat, 'isReady' | 'proceed' | 'leave'>;
  readonly now: () => number;
  /** Waits for the condition, at most so long (no limit without a number, perhaps shorter with one); answers whether it came. */
  readonly waitUntil: (ready: () => boolean, timeoutMs?: number) => Promise<boolean>;
  readonly sleep: (ms: number) => Promise<void>;
  /**
   * Runs work that a pause or cancel may cut: answers undefined where it was cut, else the work's result,
   * also when the work finished in spite of being asked to stop.
   */
  readonly interruptible: <T>(work: () => Promise<T>) => Promise<T | undefined>;
  /** Continues as new where history has grown long; called only where no vote is in flight. */
  readonly rollOver: () => Promise<void>;
  /** Shows state, gate and what it waits for in the Temporal UI. */
  readonly show: (waitingFor?: string) => void;
};

/** A stage makes the moves its name says and leaves `life.state` where the next stage begins, or ends the request. */
export type Stage = (deps: StageDeps, life: Life) => Promise<Ending | undefined>;

/** Records moves and follows them. */
export async function moveTo({ records }: StageDeps, life: Life, moves: readonly State[]): Promise<void> {
  const { state } = await records.transition({ requestId: life.requestId, moves });
  life.state = state;
}
