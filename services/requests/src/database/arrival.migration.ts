import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The transaction that wrote an entry, so that the log takes none before an earlier one that commits later. */
export class Arrival1764200000000 implements MigrationInterface {
  readonly name = 'Arrival1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "audit_entry" ADD "xid" bigint NOT NULL DEFAULT txid_current()');
    await runner.query('CREATE INDEX "ix_audit_entry_arrival" ON "audit_entry" ("tenant_id", "xid", "id")');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX "ix_audit_entry_arrival"');
    await runner.query('ALTER TABLE "audit_entry" DROP "xid"');
  }
}
