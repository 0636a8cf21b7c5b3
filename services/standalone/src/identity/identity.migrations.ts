import { dataSourceOptions, runMigrations } from '@countersign/platform';

/** What a migration needs of TypeORM's runner; the identity service has no entities and no other use of TypeORM. */
type Runner = { query(sql: string): Promise<unknown> };

class CreateIdentity1763600000000 {
  readonly name = 'CreateIdentity1763600000000';

  async up(runner: Runner): Promise<void> {
    await runner.query(`
      CREATE TABLE oidc_record (
        model text NOT NULL,
        id text NOT NULL,
        payload jsonb NOT NULL,
        grant_id text,
        uid text,
        user_code text,
        consumed_at timestamptz,
        expires_at timestamptz,
        PRIMARY KEY (model, id)
      )`);
    await runner.query('CREATE INDEX oidc_record_grant ON oidc_record (grant_id) WHERE grant_id IS NOT NULL');
    await runner.query('CREATE INDEX oidc_record_uid ON oidc_record (model, uid) WHERE uid IS NOT NULL');
    await runner.query('CREATE INDEX oidc_record_expiry ON oidc_record (expires_at)');
    await runner.query(`
      CREATE TABLE person_password (
        person text PRIMARY KEY,
        hash text NOT NULL,
        made_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE operator_refresh (
        token_hash bytea PRIMARY KEY,
        family uuid NOT NULL,
        person text NOT NULL,
        auth_time bigint NOT NULL,
        used_at timestamptz,
        expires_at timestamptz NOT NULL
      )`);
    await runner.query('CREATE INDEX operator_refresh_family ON operator_refresh (family)');
    await runner.query('CREATE INDEX operator_refresh_expiry ON operator_refresh (expires_at)');
    await runner.query('CREATE TABLE used_proof (jti text PRIMARY KEY, expires_at timestamptz NOT NULL)');
    await runner.query('CREATE INDEX used_proof_expiry ON used_proof (expires_at)');
  }

  async down(runner: Runner): Promise<void> {
    await runner.query('DROP TABLE used_proof, operator_refresh, person_password, oidc_record');
  }
}

export const IDENTITY_SCHEMA = 'identity';

/** Brings the identity schema up to date; with the owner's URL, before `startIdentity`. Safe to repeat. */
export function migrateIdentity(ownerUrl: string, schema = IDENTITY_SCHEMA): Promise<readonly string[]> {
  return runMigrations(
    dataSourceOptions({ url: ownerUrl, schema, entities: [], migrations: [CreateIdentity1763600000000] }),
  );
}
