import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Each table with the column that names whose key it is. */
const KEYED = [
  ['request', 'requester_id'],
  ['word', 'actor'],
] as const;

export class Keys1763800000000 implements MigrationInterface {
  readonly name = 'Keys1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, person] of KEYED) {
      await runner.query(`ALTER TABLE "${table}" ADD "idempotency_key" text, ADD "idempotency_digest" text`);
      await runner.query(
        `CREATE UNIQUE INDEX "ux_${table}_key" ON "${table}" ("tenant_id", "${person}", "idempotency_key") WHERE (idempotency_key IS NOT NULL)`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table] of KEYED) {
      await runner.query(`DROP INDEX "ux_${table}_key"`);
      await runner.query(`ALTER TABLE "${table}" DROP "idempotency_key", DROP "idempotency_digest"`);
    }
  }
}
