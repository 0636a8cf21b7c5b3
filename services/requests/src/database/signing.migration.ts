import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Signing1764100000000 implements MigrationInterface {
  readonly name = 'Signing1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE "key_list" ("number" integer NOT NULL, "envelope" text NOT NULL, "at" timestamptz(3) NOT NULL, PRIMARY KEY ("number"))');
    // The same list of keys is a payload of every tenant.
    await runner.query('ALTER TABLE "audit_payload" DROP CONSTRAINT "audit_payload_pkey", ADD PRIMARY KEY ("sha256", "tenant_id")');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "audit_payload" DROP CONSTRAINT "audit_payload_pkey", ADD PRIMARY KEY ("sha256")');
    await runner.query('DROP TABLE "key_list"');
  }
}
