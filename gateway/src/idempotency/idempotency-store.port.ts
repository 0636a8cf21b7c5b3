/** A key is one person's: another person's same key is another one. */
export type IdempotencyScope = { readonly tenantId: string; readonly personId: string; readonly key: string };

export type Claim =
  /** Nobody carried this out yet: the caller does, and ends with `complete` or `release`, naming `owner`. */
  | { readonly kind: 'mine'; readonly owner: string }
  | { readonly kind: 'running'; readonly digest: string }
  | { readonly kind: 'done'; readonly digest: string; readonly response: string };

/** Remembers for 24 hours what a mutation with an `Idempotency-Key` was answered. */
export interface IdempotencyStore {
  /** Of two callers at once exactly one gets `mine`. A claim that its owner never ended is free again after a minute. */
  claim(scope: IdempotencyScope, digest: string): Promise<Claim>;
  /** Keeps the answer; does nothing where the claim is no longer the owner's. */
  complete(scope: IdempotencyScope, owner: string, response: string): Promise<void>;
  /** Forgets the claim: the answer was one that trying again may change. */
  release(scope: IdempotencyScope, owner: string): Promise<void>;
}
