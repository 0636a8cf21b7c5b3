import type { ModelStage } from '@countersign/domain';
import type { WrittenResult } from '@countersign/workflow-contracts';

import type { AgentDeps } from './agent-deps.js';
import type { AgentRun } from './agent-run.js';
import { cannotWritten } from './drafting.js';

/** A money limit cannot hold where a price is not known: refused before anything is paid, with how to set one. */
export async function refusedForPrice(deps: AgentDeps, run: AgentRun, stages: readonly ModelStage[]): Promise<WrittenResult | undefined> {
  const { limits, project } = run.briefing;
  if (limits.costMicros === null) return undefined;
  const models = stages.map((stage) => deps.model(stage, project.settings.models));
  const unknown = [...new Set(models.filter(({ facts }) => facts.price === null).map(({ id }) => id))];
  if (unknown.length === 0) return undefined;
  const limit = (limits.costMicros / 1e6).toFixed(2);
  const message = `The request has a money limit of ${limit}, and the price of ${unknown.join(' and ')} is not known, so the limit could not hold. Set a price in COUNTERSIGN_MODEL_PRICES, choose a model with a known price, or lift the money limit.`;
  return cannotWritten(deps, run, { code: 'PRICE_UNKNOWN', message, understood: [] });
}
