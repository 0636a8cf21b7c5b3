import type { CheckVerdict } from '@countersign/domain';

export type CheckActivityResult = {
  readonly factId: string;
  readonly verdict: CheckVerdict;
  /** Whether a failure is the change's own, so that the executor may mend it. */
  readonly fixable: boolean;
};

export interface SandboxActivities {
  /** Runs setup and test on the commit of the `execution` fact (or on a prepared merged tree); same commit, same fact. */
  check(input: { readonly requestId: string; readonly executionId: string; readonly mergePrepId?: string }): Promise<CheckActivityResult>;
  /** Removes every container and workspace of the request; none left is success. */
  destroy(input: { readonly requestId: string }): Promise<void>;
  /** Removes containers and workspaces of requests that ended or are not known; answers how many. */
  reap(): Promise<{ readonly containers: number; readonly workspaces: number }>;
}
