import type { MigrationInterface, QueryRunner } from 'typeorm';

const AT = 'timestamptz(3)';

const TABLES = [
  `CREATE TABLE "tree" (
    "tenant_id" text NOT NULL, "n" integer NOT NULL, "origin" text NOT NULL, "opened_at" ${AT} NOT NULL, "prior_note" text,
    PRIMARY KEY ("tenant_id", "n"))`,
  `CREATE TABLE "leaf" (
    "tenant_id" text NOT NULL, "n" integer NOT NULL, "index" bigint NOT NULL, "source" text NOT NULL, "source_id" bigint NOT NULL,
    "type" text NOT NULL, "request_id" text, "payload" text NOT NULL, "at" ${AT}, "entry" bytea NOT NULL, "leaf_hash" bytea NOT NULL,
    PRIMARY KEY ("tenant_id", "n", "index"))`,
  `CREATE TABLE "node" (
    "tenant_id" text NOT NULL, "n" integer NOT NULL, "level" integer NOT NULL, "index" bigint NOT NULL, "hash" bytea NOT NULL,
    PRIMARY KEY ("tenant_id", "n", "level", "index"))`,
  `CREATE TABLE "checkpoint" (
    "tenant_id" text NOT NULL, "n" integer NOT NULL, "size" bigint NOT NULL, "root" bytea NOT NULL, "note" text NOT NULL,
    "taken" jsonb NOT NULL, "at" ${AT} NOT NULL, PRIMARY KEY ("tenant_id", "n", "size"))`,
  `CREATE TABLE "incident" (
    "id" bigserial NOT NULL, "tenant_id" text NOT NULL, "n" integer NOT NULL, "at" ${AT} NOT NULL, "index" bigint,
    "code" text NOT NULL, "text" text NOT NULL, PRIMARY KEY ("id"))`,
];

const INDEXES = [
  // The tenant's log never holds one audit entry twice in one tree; also finds whether it was ever entered.
  'CREATE UNIQUE INDEX "ux_leaf_source" ON "leaf" ("tenant_id", "source", "source_id", "n")',
  'CREATE INDEX "ix_leaf_payload" ON "leaf" ("tenant_id", "payload")',
  'CREATE INDEX "ix_leaf_request" ON "leaf" ("tenant_id", "request_id") WHERE (request_id IS NOT NULL)',
  'CREATE INDEX "ix_leaf_at" ON "leaf" ("tenant_id", "at")',
  'CREATE INDEX "ix_incident_tree" ON "incident" ("tenant_id", "n", "id")',
];

export class Log1764200000000 implements MigrationInterface {
  readonly name = 'Log1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...INDEXES]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of ['incident', 'checkpoint', 'node', 'leaf', 'tree']) await runner.query(`DROP TABLE "${name}"`);
  }
}
