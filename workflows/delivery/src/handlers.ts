import { isWord, refusalOf, type ErrorCode, type Vote, type Word } from '@countersign/domain';
import {
  REPAIRED_SIGNAL,
  SLOT_FREE_SIGNAL,
  UPDATES,
  type UpdateAnswer,
  type UpdateName,
} from '@countersign/workflow-contracts';
import { ApplicationFailure, currentUpdateInfo, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';

import type { Life } from './life.js';

const RECORDED: UpdateAnswer = { recorded: true };
const WORDS = [UPDATES.comment, UPDATES.cancel, UPDATES.pause, UPDATES.resume, UPDATES.raiseBudget] as const;

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  UPDATE_MALFORMED: 'The message does not have the expected form',
  GATE_CLOSED: 'This gate is not open',
  STALE_REVISION: 'A newer revision is open',
  STALE_DIGEST: 'What is open now is not what was shown',
};

function refuse(code: ErrorCode): never {
  throw ApplicationFailure.nonRetryable(MESSAGES[code] ?? code, code);
}

/** The same decision sent again, by its unguessable update id: answered as before, also after continue-as-new. */
function isResent(life: Life): boolean {
  const id = currentUpdateInfo()?.id;
  return id !== undefined && life.seenUpdates.has(id);
}

function remember(life: Life): void {
  const id = currentUpdateInfo()?.id;
  if (id !== undefined) life.seenUpdates.add(id);
}

/** Why an update does not get into the history: it is malformed, or plainly late. Accepts any input at all. */
function faultOf(name: UpdateName, said: unknown, life: Life): ErrorCode | undefined {
  if (name !== UPDATES.decide) return isWord(said) ? undefined : 'UPDATE_MALFORMED';
  const refusal = refusalOf(said, life.gate ?? undefined);
  if (refusal === undefined || refusal === 'UPDATE_MALFORMED') return refusal;
  const isEarly = life.opening !== null && life.opening === (said as Vote).gate;
  return isEarly ? undefined : refusal;
}

/** What stands between an update and the history, given in by the exported workflow. */
export const UPDATE_GUARDS = { faultOf } as const;
export type UpdateGuards = typeof UPDATE_GUARDS;

/**
 * Takes people's words. Handlers are synchronous, so a word is accepted and completed in one task, and answer
 * any input at all with an ApplicationFailure. `life` is read anew at each call.
 */
export function listen(life: Life, guards: UpdateGuards): void {
  setHandler(
    defineUpdate<UpdateAnswer, [Vote]>(UPDATES.decide),
    (vote) => {
      if (!isResent(life)) {
        life.votes = [...life.votes.filter((earlier) => earlier.id !== vote.id), vote];
        remember(life);
      }
      return RECORDED;
    },
    {
      validator: (vote) => {
        const fault = guards.faultOf(UPDATES.decide, vote, life);
        if (fault && !isResent(life)) refuse(fault);
      },
    },
  );
  for (const name of WORDS) {
    setHandler(
      defineUpdate<UpdateAnswer, [Word]>(name),
      ({ id }) => {
        if (!isResent(life)) {
          life.words.push(id);
          remember(life);
        }
        return RECORDED;
      },
      {
        validator: (word) => {
          const fault = guards.faultOf(name, word, life);
          if (fault) refuse(fault);
        },
      },
    );
  }
  setHandler(defineSignal(SLOT_FREE_SIGNAL), () => {
    life.slotHint = true;
  });
  setHandler(defineSignal(REPAIRED_SIGNAL), () => {
    life.repaired = true;
  });
}
