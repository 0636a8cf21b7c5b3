import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SeenKeys1793000000000 implements MigrationInterface {
  readonly name = 'SeenKeys1793000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE seen_keys (root text NOT NULL, number integer NOT NULL, CONSTRAINT seen_keys_pkey PRIMARY KEY (root))');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE seen_keys');
  }
}
