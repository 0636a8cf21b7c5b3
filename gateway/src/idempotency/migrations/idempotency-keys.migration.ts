import type { MigrationInterface, QueryRunner } from 'typeorm';

export class IdempotencyKeys1764000000000 implements MigrationInterface {
  readonly name = 'IdempotencyKeys1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "gateway"."idempotency_key" (
      "tenant_id" text NOT NULL,
      "person_id" text NOT NULL,
      "key" text NOT NULL,
      "digest" text NOT NULL,
      "owner" uuid NOT NULL,
      "response" text,
      "claimed_at" timestamptz NOT NULL,
      CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("tenant_id", "person_id", "key")
    )`);
    await runner.query(`CREATE INDEX "idempotency_key_claimed_at" ON "gateway"."idempotency_key" ("claimed_at")`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE "gateway"."idempotency_key"`);
  }
}

export const MIGRATIONS = [IdempotencyKeys1764000000000];
