import { isWord, refusalOf, type ErrorCode, type Vote, type Word } from '@countersign/domain';
import {
  REPAIRED_SIGNAL,
  SLOT_FREE_SIGNAL,
  UPDATES,
  type UpdateAnswer,
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

/**
 * Takes people's words. Handlers are synchronous, so a word is accepted and completed in one task, and answer
 * any input at all with an ApplicationFailure. `life` is read anew at each call.
 */
export function listen(life: Life): void {
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
        const refusal = refusalOf(vote, life.gate ?? undefined);
        const isEarly = refusal !== 'UPDATE_MALFORMED' && life.opening !== null && life.opening === vote.gate;
        if (refusal && !isEarly && !isResent(life)) refuse(refusal);
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
          if (!isWord(word)) refuse('UPDATE_MALFORMED');
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
