import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Each table whose rows people see change, with the column that names the request. */
const ANNOUNCED = [
  ['request', 'id', 'INSERT OR UPDATE'],
  ['request_event', 'request_id', 'INSERT'],
] as const;

/**
 * Postgres itself announces every committed change of a request, whatever code made it: a notification leaves with its
 * transaction's commit or not at all, and one transaction's equal ones leave once.
 */
export class Live1763900000000 implements MigrationInterface {
  readonly name = 'Live1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, id, when] of ANNOUNCED) {
      await runner.query(`CREATE FUNCTION "announce_${table}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_notify('requests_live', json_build_array('request', NEW."tenant_id", NEW."${id}")::text);
        RETURN NULL;
      END $$`);
      await runner.query(`CREATE TRIGGER "announce" AFTER ${when} ON "${table}" FOR EACH ROW EXECUTE FUNCTION "announce_${table}"()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table] of ANNOUNCED) {
      await runner.query(`DROP TRIGGER "announce" ON "${table}"`);
      await runner.query(`DROP FUNCTION "announce_${table}"()`);
    }
  }
}
