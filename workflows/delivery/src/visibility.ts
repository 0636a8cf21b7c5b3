import { SEARCH_ATTRIBUTES } from '@countersign/workflow-contracts';
import {
  SearchAttributeType,
  defineSearchAttributeKey,
  type SearchAttributeUpdatePair,
} from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';

import { detailsOf } from './details.js';
import type { Life } from './life.js';

const STATE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.state, SearchAttributeType.KEYWORD);
const GATE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.gate, SearchAttributeType.KEYWORD);
const DEADLINE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.deadline, SearchAttributeType.DATETIME);

/**
 * Shows the request in the Temporal UI; an unchanged state costs no history event. MERGING costs none either: it
 * lasts one activity, and the history budget has no room for it.
 */
export function shower(life: Life): (waitingFor?: string) => void {
  // Whoever starts the lifecycle sets SPECIFYING, so the first stage costs no event.
  let shown = 'SPECIFYING/';
  let waiting: { readonly at: string; readonly text: string } | undefined;
  return (waitingFor) => {
    const { state, gate, paused } = life;
    // What it waits for stays shown until the request moves on.
    const at = `${state}/${gate?.revision ?? ''}/${paused ?? ''}`;
    if (waitingFor !== undefined) waiting = { at, text: waitingFor };
    setCurrentDetails(detailsOf(life, waiting?.at === at ? waiting.text : undefined));
    const now = `${state}/${gate?.revision ?? ''}`;
    if (now === shown || state === 'MERGING') return;
    shown = now;
    const pairs: SearchAttributeUpdatePair[] = [{ key: STATE, value: state }];
    if (gate) pairs.push({ key: GATE, value: gate.gate }, { key: DEADLINE, value: new Date(gate.deadline) });
    upsertSearchAttributes(pairs);
  };
}
