import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Initial1790000000000 implements MigrationInterface {
  readonly name = 'Initial1790000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE journal_lease (
      request_id text NOT NULL,
      run_key text NOT NULL,
      epoch integer NOT NULL,
      closed boolean NOT NULL,
      CONSTRAINT journal_lease_pkey PRIMARY KEY (request_id, run_key)
    )`);
    await runner.query(`CREATE TABLE journal_step (
      request_id text NOT NULL,
      run_key text NOT NULL,
      step integer NOT NULL,
      answer text,
      record text,
      CONSTRAINT journal_step_pkey PRIMARY KEY (request_id, run_key, step)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE journal_step');
    await runner.query('DROP TABLE journal_lease');
  }
}
