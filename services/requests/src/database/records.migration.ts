import type { MigrationInterface, QueryRunner } from 'typeorm';

const AT = 'timestamptz(3)';

const REQUEST = `CREATE TABLE "request" (
  "id" text NOT NULL, "tenant_id" text NOT NULL, "project_id" text NOT NULL, "project_name" text NOT NULL,
  "title" text NOT NULL, "body" text NOT NULL, "requester_id" text NOT NULL,
  "state" text NOT NULL, "phase" text NOT NULL, "paused" jsonb, "waiting_for" text,
  "open_gate" text, "open_revision" integer, "requester_may_approve" boolean NOT NULL,
  "owner_workflow_id" text NOT NULL, "owner_run_id" text, "superseded_run_id" text,
  "limits" jsonb NOT NULL, "planned_limits" jsonb NOT NULL, "usage" jsonb NOT NULL, "exceeded" text,
  "outcome" jsonb, "limits_not_enforced" jsonb NOT NULL, "version" integer NOT NULL,
  "created_at" ${AT} NOT NULL, "updated_at" ${AT} NOT NULL, "queued_at" ${AT}, "ended_at" ${AT},
  PRIMARY KEY ("id"))`;

const ownedBy = (table: string): string =>
  `CONSTRAINT "fk_${table}_request" FOREIGN KEY ("request_id") REFERENCES "request" ("id")`;

const TABLES = [
  REQUEST,
  `CREATE TABLE "request_event" (
    "request_id" text NOT NULL, "seq" integer NOT NULL, "tenant_id" text NOT NULL, "type" text NOT NULL,
    "actor" text, "text" text NOT NULL, "data" jsonb NOT NULL, "at" ${AT} NOT NULL,
    PRIMARY KEY ("request_id", "seq"), ${ownedBy('request_event')})`,
  `CREATE TABLE "gate_revision" (
    "request_id" text NOT NULL, "gate" text NOT NULL, "revision" integer NOT NULL, "tenant_id" text NOT NULL,
    "digest" text NOT NULL, "text" text NOT NULL, "setting" text NOT NULL, "required" integer NOT NULL,
    "state" text NOT NULL, "facts" jsonb NOT NULL, "account" text,
    "opened_at" ${AT} NOT NULL, "deadline" ${AT}, "closed_at" ${AT},
    PRIMARY KEY ("request_id", "gate", "revision"), ${ownedBy('gate_revision')})`,
  `CREATE TABLE "gate_passed" (
    "id" text NOT NULL, "tenant_id" text NOT NULL, "request_id" text NOT NULL, "gate" text NOT NULL,
    "revision" integer NOT NULL, "digest" text NOT NULL, "envelope" text NOT NULL, "closed_by" text NOT NULL,
    "live" boolean NOT NULL, "at" ${AT} NOT NULL, PRIMARY KEY ("id"), ${ownedBy('gate_passed')})`,
  `CREATE TABLE "decision" (
    "id" text NOT NULL, "tenant_id" text NOT NULL, "request_id" text NOT NULL, "gate" text NOT NULL,
    "revision" integer NOT NULL, "digest" text NOT NULL, "actor" text NOT NULL, "actor_kind" text NOT NULL,
    "verdict" text NOT NULL, "envelope" text NOT NULL, "envelope_sha256" text NOT NULL, "update_id" text NOT NULL,
    "status" text NOT NULL, "code" text, "live" boolean NOT NULL, "delivered" boolean NOT NULL,
    "reason" text, "reason_salt" text, "channel" text NOT NULL, "amr" jsonb NOT NULL,
    "policy_version" text NOT NULL, "policy_ids" jsonb NOT NULL, "at" ${AT} NOT NULL,
    PRIMARY KEY ("id"), ${ownedBy('decision')})`,
  `CREATE TABLE "word" (
    "id" text NOT NULL, "tenant_id" text NOT NULL, "request_id" text NOT NULL, "kind" text NOT NULL,
    "actor" text NOT NULL, "text" text, "limits" jsonb, "decision_id" text, "digest" text NOT NULL,
    "status" text NOT NULL, "code" text, "delivered" boolean NOT NULL, "at" ${AT} NOT NULL,
    PRIMARY KEY ("id"), ${ownedBy('word')})`,
  `CREATE TABLE "fact" (
    "id" text NOT NULL, "seq" bigserial NOT NULL, "tenant_id" text NOT NULL, "request_id" text NOT NULL,
    "kind" text NOT NULL, "key" text NOT NULL, "data" jsonb NOT NULL, "digest" text NOT NULL, "at" ${AT} NOT NULL,
    PRIMARY KEY ("id"), ${ownedBy('fact')})`,
  `CREATE TABLE "artifact" (
    "tenant_id" text NOT NULL, "sha256" text NOT NULL, "request_id" text NOT NULL, "bytes" bigint NOT NULL,
    "name" text NOT NULL, "media_type" text NOT NULL, "at" ${AT} NOT NULL,
    PRIMARY KEY ("tenant_id", "sha256", "request_id"), ${ownedBy('artifact')})`,
  `CREATE TABLE "usage_entry" (
    "request_id" text NOT NULL, "key" text NOT NULL, "tenant_id" text NOT NULL, "usage" jsonb NOT NULL,
    "at" ${AT} NOT NULL, PRIMARY KEY ("request_id", "key"), ${ownedBy('usage_entry')})`,
  `CREATE TABLE "slot" (
    "request_id" text NOT NULL, "tenant_id" text NOT NULL, "entered_at" ${AT} NOT NULL, "granted_at" ${AT},
    "parked" boolean NOT NULL, PRIMARY KEY ("request_id"), ${ownedBy('slot')})`,
  `CREATE TABLE "outbox" (
    "id" bigserial NOT NULL, "tenant_id" text NOT NULL, "request_id" text NOT NULL, "kind" text NOT NULL,
    "payload" jsonb NOT NULL, "attempts" integer NOT NULL, "next_at" ${AT} NOT NULL, "done_at" ${AT},
    PRIMARY KEY ("id"), ${ownedBy('outbox')})`,
  `CREATE TABLE "call" (
    "request_id" text NOT NULL, "key" text NOT NULL, "tenant_id" text NOT NULL, "result" jsonb,
    "at" ${AT} NOT NULL, PRIMARY KEY ("request_id", "key"), ${ownedBy('call')})`,
  `CREATE TABLE "audit_entry" (
    "id" bigserial NOT NULL, "tenant_id" text NOT NULL, "request_id" text, "entry" bytea NOT NULL, PRIMARY KEY ("id"))`,
  `CREATE TABLE "audit_payload" (
    "sha256" text NOT NULL, "tenant_id" text NOT NULL, "request_id" text, "payload" bytea NOT NULL, PRIMARY KEY ("sha256"))`,
];

const INDEXES = [
  'CREATE INDEX "ix_request_created" ON "request" ("tenant_id", "created_at", "id")',
  'CREATE INDEX "ix_request_phase" ON "request" ("tenant_id", "phase", "created_at", "id")',
  'CREATE INDEX "ix_request_state" ON "request" ("tenant_id", "state", "created_at", "id")',
  'CREATE INDEX "ix_request_project" ON "request" ("tenant_id", "project_id", "created_at", "id")',
  'CREATE UNIQUE INDEX "ux_gate_revision_digest" ON "gate_revision" ("request_id", "gate", "digest")',
  'CREATE INDEX "ix_gate_passed_request" ON "gate_passed" ("request_id", "gate", "at")',
  'CREATE UNIQUE INDEX "ux_decision_live" ON "decision" ("tenant_id", "request_id", "gate", "revision", "actor") WHERE (live)',
  'CREATE INDEX "ix_decision_request" ON "decision" ("request_id", "gate", "at")',
  'CREATE INDEX "ix_word_request" ON "word" ("request_id", "at")',
  'CREATE UNIQUE INDEX "ux_fact_key" ON "fact" ("request_id", "key")',
  'CREATE INDEX "ix_fact_kind" ON "fact" ("request_id", "kind", "seq")',
  'CREATE INDEX "ix_slot_entered" ON "slot" ("entered_at")',
  'CREATE INDEX "ix_outbox_due" ON "outbox" ("next_at", "id") WHERE (done_at IS NULL)',
  'CREATE INDEX "ix_outbox_request" ON "outbox" ("request_id", "id")',
  'CREATE INDEX "ix_audit_entry_request" ON "audit_entry" ("tenant_id", "request_id", "id")',
];

export class Records1763700000000 implements MigrationInterface {
  readonly name = 'Records1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...INDEXES]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const names = TABLES.map((statement) => /"(\w+)"/.exec(statement)?.[1]).reverse();
    for (const name of names) await runner.query(`DROP TABLE "${name}"`);
  }
}
