import type { Vote, Word } from '@countersign/domain';

/** Update names. `decide` carries a vote; every other update carries the id of a row that requests stored first. */
export const UPDATES = {
  decide: 'decide',
  comment: 'comment',
  cancel: 'cancel',
  pause: 'pause',
  resume: 'resume',
  raiseBudget: 'raiseBudget',
} as const;
export type UpdateName = keyof typeof UPDATES;

/** A hint only: the workflow also asks every 10 minutes. */
export const SLOT_FREE_SIGNAL = 'slotFree';
/** Sent by `repair` to a run that was told it is superseded; it answers by ending its wait. */
export const REPAIRED_SIGNAL = 'repaired';

export type DecideArgs = Vote;
export type WordArgs = Word;
/** `recorded`: taken into the count; whether it closes the gate is decided by `records.closeGate`. */
export type UpdateAnswer = { readonly recorded: true };

export const SEARCH_ATTRIBUTES = {
  state: 'RequestState',
  project: 'Project',
  tenant: 'Tenant',
  gate: 'Gate',
  requester: 'Requester',
  deadline: 'Deadline',
} as const;
