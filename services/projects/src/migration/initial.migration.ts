import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  `CREATE TABLE tenant (
    id text NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT tenant_pkey PRIMARY KEY (id)
  )`,
  `CREATE UNIQUE INDEX tenant_name_key ON tenant (name)`,
  `CREATE TABLE person (
    id text NOT NULL,
    tenant_id text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    name text NOT NULL,
    active boolean NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT person_pkey PRIMARY KEY (id),
    CONSTRAINT person_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenant (id)
  )`,
  `CREATE UNIQUE INDEX person_identity_key ON person (issuer, subject)`,
  `CREATE INDEX person_tenant_idx ON person (tenant_id, subject, id)`,
  `CREATE TABLE person_group (
    id text NOT NULL,
    tenant_id text NOT NULL,
    name text NOT NULL,
    CONSTRAINT person_group_pkey PRIMARY KEY (id),
    CONSTRAINT person_group_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenant (id)
  )`,
  `CREATE UNIQUE INDEX person_group_name_key ON person_group (tenant_id, name)`,
  `CREATE TABLE group_member (
    group_id text NOT NULL,
    person_id text NOT NULL,
    tenant_id text NOT NULL,
    CONSTRAINT group_member_pkey PRIMARY KEY (group_id, person_id),
    CONSTRAINT group_member_group_fkey FOREIGN KEY (group_id) REFERENCES person_group (id),
    CONSTRAINT group_member_person_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT group_member_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenant (id)
  )`,
  `CREATE INDEX group_member_person_idx ON group_member (person_id)`,
  `CREATE TABLE role_binding (
    id text NOT NULL,
    tenant_id text NOT NULL,
    project text NOT NULL,
    person_id text,
    group_id text,
    role text NOT NULL,
    CONSTRAINT role_binding_pkey PRIMARY KEY (id),
    CONSTRAINT role_binding_holder_check CHECK ((person_id IS NULL) <> (group_id IS NULL)),
    CONSTRAINT role_binding_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenant (id),
    CONSTRAINT role_binding_person_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT role_binding_group_fkey FOREIGN KEY (group_id) REFERENCES person_group (id)
  )`,
  `CREATE UNIQUE INDEX role_binding_person_key ON role_binding (tenant_id, person_id, project, role) WHERE person_id IS NOT NULL`,
  `CREATE UNIQUE INDEX role_binding_group_key ON role_binding (tenant_id, group_id, project, role) WHERE group_id IS NOT NULL`,
  `CREATE TABLE project (
    id text NOT NULL,
    tenant_id text NOT NULL,
    name text NOT NULL,
    repo text NOT NULL,
    branch text NOT NULL,
    settings jsonb NOT NULL,
    settings_version integer NOT NULL,
    policy_text text,
    import_state text NOT NULL,
    import_attempt integer NOT NULL,
    import_progress text NOT NULL,
    import_code text,
    import_message text,
    created_at timestamptz NOT NULL,
    CONSTRAINT project_pkey PRIMARY KEY (id),
    CONSTRAINT project_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenant (id)
  )`,
  `CREATE UNIQUE INDEX project_name_key ON project (tenant_id, name)`,
  `CREATE INDEX project_importing_idx ON project (import_state) WHERE import_state = 'importing'`,
  `CREATE TABLE audit_entry (
    id bigserial NOT NULL,
    tenant_id text NOT NULL,
    entry bytea NOT NULL,
    CONSTRAINT audit_entry_pkey PRIMARY KEY (id),
    CONSTRAINT audit_entry_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenant (id)
  )`,
  `CREATE INDEX audit_entry_tenant_idx ON audit_entry (tenant_id, id)`,
  `CREATE TABLE audit_payload (
    entry_id bigint NOT NULL,
    tenant_id text NOT NULL,
    payload bytea NOT NULL,
    CONSTRAINT audit_payload_pkey PRIMARY KEY (entry_id),
    CONSTRAINT audit_payload_entry_fkey FOREIGN KEY (entry_id) REFERENCES audit_entry (id),
    CONSTRAINT audit_payload_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES tenant (id)
  )`,
];

const MADE = ['audit_payload', 'audit_entry', 'project', 'role_binding', 'group_member', 'person_group', 'person', 'tenant'];

export class Initial1790000000000 implements MigrationInterface {
  readonly name = 'Initial1790000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of MADE) await runner.query(`DROP TABLE ${table}`);
  }
}
