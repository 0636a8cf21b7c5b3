import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Erasure1790200000000 implements MigrationInterface {
  readonly name = 'Erasure1790200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE person ADD erased_at timestamptz');
    await runner.query(`CREATE TABLE sign_in (
      person_id text NOT NULL,
      client text NOT NULL,
      session_at timestamptz NOT NULL,
      tenant_id text NOT NULL,
      CONSTRAINT sign_in_pkey PRIMARY KEY (person_id, client, session_at),
      CONSTRAINT sign_in_person_fkey FOREIGN KEY (person_id) REFERENCES person (id),
      CONSTRAINT sign_in_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenant (id)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE sign_in');
    await runner.query('ALTER TABLE person DROP erased_at');
  }
}
