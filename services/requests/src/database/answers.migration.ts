import type { MigrationInterface, QueryRunner } from 'typeorm';

const ANSWER = `CREATE TABLE "answer" (
  "word_id" text NOT NULL, "tenant_id" text NOT NULL, "request_id" text NOT NULL,
  "gate" text NOT NULL, "revision" integer NOT NULL, "author" text NOT NULL, "by_model" boolean NOT NULL,
  "text" text, "waiting_for" text, "asked_at" timestamptz(3) NOT NULL, "answered_at" timestamptz(3),
  PRIMARY KEY ("word_id"),
  CONSTRAINT "fk_answer_word" FOREIGN KEY ("word_id") REFERENCES "word" ("id"),
  CONSTRAINT "fk_answer_request" FOREIGN KEY ("request_id") REFERENCES "request" ("id"))`;

export class Answers1764000000000 implements MigrationInterface {
  readonly name = 'Answers1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ANSWER);
    await runner.query('CREATE INDEX "ix_answer_request" ON "answer" ("request_id", "gate", "revision")');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "answer"');
  }
}
