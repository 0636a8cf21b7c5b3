import type { WrittenResult } from '@countersign/workflow-contracts';

import { openGate } from './gate.stage.js';
import type { Ending, Life } from './life.js';
import type { Stage, StageDeps } from './stage.js';

async function settle(deps: StageDeps, life: Life, written: WrittenResult, fact: 'spec' | 'plan'): Promise<Ending | undefined> {
  switch (written.kind) {
    case 'written':
      life.facts[fact] = written.factId;
      await openGate(deps, life, fact);
      return undefined;
    case 'cannot':
      life.facts['cannot'] = written.factId;
      return { state: 'FAILED', reason: written.code };
    case 'budget':
      await deps.records.pauseForBudget({ requestId: life.requestId, exceeded: written.exceeded });
      life.paused = 'budget';
      return undefined;
  }
}

export const specStage: Stage = async (deps, life) => {
  const { requestId, feedback } = life;
  const written = await deps.interruptible(() => deps.agent.writeSpec({ requestId, feedback }));
  return written && settle(deps, life, written, 'spec');
};

/** Plans on the source as it is now: each planning round fetches it first and pins its base commit. */
export const planStage: Stage = async (deps, life) => {
  const { requestId, feedback } = life;
  const base = await deps.interruptible(() => deps.vcs.syncBase({ requestId }));
  if (!base) return undefined;
  life.facts['base'] = base.factId;
  const specId = life.facts['spec'] ?? '';
  const written = await deps.interruptible(() => deps.agent.writePlan({ requestId, specId, baseId: base.factId, feedback }));
  return written && settle(deps, life, written, 'plan');
};
