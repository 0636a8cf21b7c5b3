import type { Vote, Word } from '@countersign/domain';
import type { Carry, UpdateName } from '@countersign/workflow-contracts';

export type StartInput = {
  readonly requestId: string;
  readonly title: string;
  readonly state: string;
  readonly project: string;
  readonly tenant: string;
  readonly requester: string;
  readonly carry: Carry | null;
};

/** `pending`: nobody knows whether it arrived; the same id may be sent again. `notFound`: no run is open. */
export type UpdateOutcome =
  | { readonly kind: 'recorded' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'notFound' };

export type RunDescription = { readonly runId: string; readonly isOpen: boolean };

/** The durable engine as this service needs it. Every call ends in time; unreachable is TEMPORAL_UNAVAILABLE. */
export interface LifecyclePort {
  /** An open run of the same request is success. */
  start(input: StartInput): Promise<void>;
  update(
    requestId: string,
    update: { readonly name: UpdateName; readonly args: Vote | Word; readonly updateId: string; readonly deadlineMs: number },
  ): Promise<UpdateOutcome>;
  /** A request without an open run is success: a signal is a hint. */
  signal(requestId: string, name: string): Promise<void>;
  /** The newest run; undefined where there is none. */
  describe(requestId: string): Promise<RunDescription | undefined>;
  /** The run that continued as new into this one; undefined for a fresh or a reset run. */
  continuedFrom(requestId: string, runId: string): Promise<string | undefined>;
}
