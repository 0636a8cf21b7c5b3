import type { AgentActivities } from '@countersign/workflow-contracts';

import type { AgentDeps } from './agent-deps.js';
import { answerComment } from './chat/answer-comment.js';
import { executePlan } from './execute-plan.js';
import { reviewChange } from './review/review-change.js';
import { writePlan } from './write-plan.js';
import { writeSpec } from './write-spec.js';

/** The agent's activities. Each may be retried at any point; see the functions for what a second call does. */
export function agentActivities(deps: AgentDeps): AgentActivities {
  return {
    writeSpec: (input) => writeSpec(deps, input),
    writePlan: (input) => writePlan(deps, input),
    execute: (input) => executePlan(deps, input),
    review: (input) => reviewChange(deps, input),
    answer: (input) => answerComment(deps, input),
  };
}
