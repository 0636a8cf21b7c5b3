import type { WordKind } from '@countersign/domain';
import type { Carry } from '@countersign/workflow-contracts';

/** What the outbox delivers to the lifecycle. Ids only: the rows they name are read at each attempt. */
export type OutboxPayload =
  | { readonly kind: 'start'; readonly carry: Carry | null; readonly requester: string }
  | { readonly kind: 'decide'; readonly decisionId: string }
  | { readonly kind: 'word'; readonly wordId: string; readonly word: WordKind }
  | { readonly kind: 'signal'; readonly name: 'slotFree' | 'repaired' };
