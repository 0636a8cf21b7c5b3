import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The transaction that wrote an entry, so that the log takes none before an earlier one that commits later. */
export class Arrival1790100000000 implements MigrationInterface {
  readonly name = 'Arrival1790100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE audit_entry ADD xid bigint NOT NULL DEFAULT txid_current()');
    await runner.query('CREATE INDEX audit_entry_arrival_idx ON audit_entry (tenant_id, xid, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX audit_entry_arrival_idx');
    await runner.query('ALTER TABLE audit_entry DROP xid');
  }
}
