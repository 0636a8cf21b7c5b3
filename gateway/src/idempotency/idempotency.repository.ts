import { randomUUID } from 'node:crypto';

import { dataSourceOptions, runMigrations, toDatabaseError } from '@countersign/platform';
import { DataSource } from 'typeorm';

import { IdempotencyKeyEntity } from './idempotency-key.entity.js';
import type { Claim, IdempotencyScope, IdempotencyStore } from './idempotency-store.port.js';
import { MIGRATIONS } from './migrations/idempotency-keys.migration.js';

export const GATEWAY_SCHEMA = 'gateway';

export function gatewayDatabase(url: string) {
  return dataSourceOptions({ url, schema: GATEWAY_SCHEMA, entities: [IdempotencyKeyEntity], migrations: MIGRATIONS, poolMax: 4 });
}

// An answer takes at most the deadlines of its calls; a claim older than this belonged to a process that is gone.
const CLAIM = `
  INSERT INTO idempotency_key AS held (tenant_id, person_id, key, digest, owner, response, claimed_at)
  VALUES ($1, $2, $3, $4, $5, NULL, now())
  ON CONFLICT (tenant_id, person_id, key) DO UPDATE
    SET digest = excluded.digest, owner = excluded.owner, response = NULL, claimed_at = now()
    WHERE held.claimed_at < now() - interval '24 hours'
       OR (held.response IS NULL AND held.claimed_at < now() - interval '60 seconds')
  RETURNING owner`;
const HELD = 'SELECT digest, response FROM idempotency_key WHERE tenant_id = $1 AND person_id = $2 AND key = $3';
const OWNED = 'WHERE tenant_id = $1 AND person_id = $2 AND key = $3 AND owner = $4';

type Held = { readonly digest: string; readonly response: string | null };

/** The keys in Postgres, so that a restart or a second gateway forgets none. */
export class IdempotencyRepository implements IdempotencyStore {
  private constructor(private readonly dataSource: DataSource) {}

  /** Migrates as the owner, then works as the service's own role. */
  static async open({ url, ownerUrl }: { readonly url: string; readonly ownerUrl: string }): Promise<IdempotencyRepository> {
    await runMigrations(gatewayDatabase(ownerUrl));
    const dataSource = new DataSource(gatewayDatabase(url));
    try {
      await dataSource.initialize();
    } catch (error) {
      throw toDatabaseError(error);
    }
    return new IdempotencyRepository(dataSource);
  }

  async claim({ tenantId, personId, key }: IdempotencyScope, digest: string): Promise<Claim> {
    const owner = randomUUID();
    const claimed = await this.query<{ owner: string }>(CLAIM, [tenantId, personId, key, digest, owner]);
    if (claimed.length > 0) return { kind: 'mine', owner };
    const [held] = await this.query<Held>(HELD, [tenantId, personId, key]);
    // Released between the two statements: the next claim takes it.
    if (!held) return this.claim({ tenantId, personId, key }, digest);
    return held.response === null
      ? { kind: 'running', digest: held.digest }
      : { kind: 'done', digest: held.digest, response: held.response };
  }

  async complete({ tenantId, personId, key }: IdempotencyScope, owner: string, response: string): Promise<void> {
    await this.query(`UPDATE idempotency_key SET response = $5 ${OWNED}`, [tenantId, personId, key, owner, response]);
  }

  async release({ tenantId, personId, key }: IdempotencyScope, owner: string): Promise<void> {
    await this.query(`DELETE FROM idempotency_key ${OWNED}`, [tenantId, personId, key, owner]);
  }

  /** Removes what nobody can ask for any more. */
  async forgetExpired(): Promise<void> {
    await this.query(`DELETE FROM idempotency_key WHERE claimed_at < now() - interval '24 hours'`, []);
  }

  async ping(): Promise<void> {
    await this.query('SELECT 1', []);
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
  }

  private async query<Row>(sql: string, values: readonly unknown[]): Promise<Row[]> {
    try {
      const answer: unknown = await this.dataSource.query(sql, [...values]);
      // TypeORM answers rows to SELECT and INSERT, and [rows, count] to UPDATE and DELETE.
      return answer as Row[];
    } catch (error) {
      throw toDatabaseError(error);
    }
  }
}
