import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Outputs1792000000000 implements MigrationInterface {
  readonly name = 'Outputs1792000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE journal_output (
      request_id text NOT NULL,
      run_key text NOT NULL,
      id text NOT NULL,
      output text NOT NULL,
      CONSTRAINT journal_output_pkey PRIMARY KEY (request_id, run_key, id)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE journal_output');
  }
}
