import { AppError } from '@countersign/domain';

import type { Caller } from '../tokens/caller.js';

export type AcceptedCall = { readonly caller: Caller; readonly input: unknown };

// Keyed by the message object: what the guard let through reaches the handler only for that very message.
const accepted = new WeakMap<object, AcceptedCall>();

export function acceptCall(message: object, call: AcceptedCall): void {
  accepted.set(message, call);
}

export function acceptedCall(message: unknown): AcceptedCall {
  const call = typeof message === 'object' && message !== null ? accepted.get(message) : undefined;
  if (!call) throw new AppError('INTERNAL', 'This call reached its handler without passing the guard');
  return call;
}
