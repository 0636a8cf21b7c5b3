import { createHash } from 'node:crypto';

import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';

import type { IdentityDatabase } from './identity-database.js';

type Row = { payload: AdapterPayload; consumed: number | null };

// Their id is the credential itself. A session's is not enough: its cookie is signed as well.
const CREDENTIALS: ReadonlySet<string> = new Set(['RefreshToken', 'AuthorizationCode', 'AccessToken']);
const SELECT = `SELECT payload, floor(extract(epoch FROM consumed_at))::int AS consumed FROM oidc_record
  WHERE model = $1 AND (expires_at IS NULL OR expires_at > now())`;

/** oidc-provider's records in Postgres, so that sign-ins survive a restart. Credentials are stored as their hash. */
export class OidcRecordAdapter implements Adapter {
  private readonly isCredential: boolean;

  constructor(
    private readonly model: string,
    private readonly database: IdentityDatabase,
  ) {
    this.isCredential = CREDENTIALS.has(model);
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const { jti, ...rest } = payload;
    const stored = this.isCredential || jti === undefined ? rest : payload;
    await this.database.query(
      `INSERT INTO oidc_record (model, id, payload, grant_id, uid, user_code, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
       ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id,
         uid = excluded.uid, user_code = excluded.user_code, expires_at = excluded.expires_at`,
      [
        this.model,
        this.keyOf(id),
        JSON.stringify(stored),
        payload.grantId ?? null,
        payload.uid ?? null,
        payload.userCode ?? null,
        expiresIn ?? null,
      ],
    );
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const found = await this.select('AND id = $2', this.keyOf(id));
    return found && this.isCredential ? { ...found, jti: id } : found;
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.select('AND uid = $2', uid);
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.select('AND user_code = $2', userCode);
  }

  /** Of two refreshes with one token at the same moment, one wins and the other is refused. */
  async consume(id: string): Promise<void> {
    const consumed = await this.database.query(
      `UPDATE oidc_record SET consumed_at = now()
       WHERE model = $1 AND id = $2 AND consumed_at IS NULL RETURNING 1 AS one`,
      [this.model, this.keyOf(id)],
    );
    if (consumed.length === 0) throw new errors.InvalidGrant('already consumed');
  }

  async destroy(id: string): Promise<void> {
    await this.database.query('DELETE FROM oidc_record WHERE model = $1 AND id = $2', [this.model, this.keyOf(id)]);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.database.query('DELETE FROM oidc_record WHERE model = $1 AND grant_id = $2', [this.model, grantId]);
  }

  private keyOf(id: string): string {
    return this.isCredential ? createHash('sha256').update(id).digest('base64url') : id;
  }

  private async select(where: string, value: string): Promise<AdapterPayload | undefined> {
    const [row] = await this.database.query<Row>(`${SELECT} ${where}`, [this.model, value]);
    return row && { ...row.payload, ...(row.consumed === null ? {} : { consumed: row.consumed }) };
  }
}
