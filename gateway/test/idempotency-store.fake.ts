import type { Claim, IdempotencyScope, IdempotencyStore } from '../src/idempotency/idempotency-store.port.js';

type Row = { digest: string; owner: string; response: string | null };

const keyOf = ({ tenantId, personId, key }: IdempotencyScope): string => [tenantId, personId, key].join(' ');

export class FakeIdempotencyStore implements IdempotencyStore {
  readonly rows = new Map<string, Row>();
  private claims = 0;

  async claim(scope: IdempotencyScope, digest: string): Promise<Claim> {
    const held = this.rows.get(keyOf(scope));
    if (held) {
      return held.response === null
        ? { kind: 'running', digest: held.digest }
        : { kind: 'done', digest: held.digest, response: held.response };
    }
    const owner = `owner-${(this.claims += 1)}`;
    this.rows.set(keyOf(scope), { digest, owner, response: null });
    return { kind: 'mine', owner };
  }

  async complete(scope: IdempotencyScope, owner: string, response: string): Promise<void> {
    const held = this.rows.get(keyOf(scope));
    if (held?.owner === owner) held.response = response;
  }

  async release(scope: IdempotencyScope, owner: string): Promise<void> {
    if (this.rows.get(keyOf(scope))?.owner === owner) this.rows.delete(keyOf(scope));
  }
}
