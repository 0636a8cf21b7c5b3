import { AppError } from '@countersign/domain';
import type { WrittenResult } from '@countersign/workflow-contracts';

import type { AgentDeps } from './agent-deps.js';
import type { AgentRun } from './agent-run.js';
import { cannotWritten } from './drafting.js';

/** Network rules that no sandbox could be opened with are told before a plan is written, not after it was executed. */
export async function refusedForNetwork(deps: AgentDeps, run: AgentRun): Promise<WrittenResult | undefined> {
  const { project } = run.briefing;
  try {
    await deps.egress.check({ project, settings: project.settings.egress });
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'EGRESS_REFUSED') throw error;
    return cannotWritten(deps, run, { code: error.code, message: error.message, understood: [] });
  }
}
