import { createHash, randomBytes, randomUUID } from 'node:crypto';

import { AppError } from '@countersign/domain';

import type { IdentityDatabase } from './identity-database.js';
import { REFRESH_TOKEN_SECONDS } from './oidc-issuer.js';

export type OperatorSession = {
  readonly person: string;
  /** Seconds since 1970. */
  readonly authTime: number;
  readonly family: string;
};

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** The CLI's refresh tokens: opaque, stored as hashes, good for one use. */
export class OperatorSessions {
  constructor(private readonly database: IdentityDatabase) {}

  begin(person: string, authTime: number): Promise<string> {
    return this.issue({ person, authTime, family: randomUUID() });
  }

  /**
   * Takes a token out of use; the caller gives the next one by `issue`. A token that comes a second time was stolen or
   * lost on its way: then every token that descends from the same sign-in ends.
   *
   * @throws AppError UNAUTHENTICATED.
   */
  async use(token: string): Promise<OperatorSession> {
    const hash = hashOf(token);
    const [fresh] = await this.database.query<{ person: string; auth_time: string; family: string }>(
      `UPDATE operator_refresh SET used_at = now()
       WHERE token_hash = $1 AND used_at IS NULL AND expires_at > now() RETURNING person, auth_time, family`,
      [hash],
    );
    if (fresh) return { person: fresh.person, authTime: Number(fresh.auth_time), family: fresh.family };
    await this.revoke(token);
    throw new AppError('UNAUTHENTICATED', 'The sign-in has expired or was ended: sign in again');
  }

  async issue({ person, authTime, family }: OperatorSession): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await this.database.query(
      `INSERT INTO operator_refresh (token_hash, family, person, auth_time, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))`,
      [hashOf(token), family, person, authTime, REFRESH_TOKEN_SECONDS],
    );
    return token;
  }

  /** Ends the sign-in that a token belongs to; an unknown token changes nothing. */
  async revoke(token: string): Promise<void> {
    await this.database.query(
      `DELETE FROM operator_refresh WHERE family IN (SELECT family FROM operator_refresh WHERE token_hash = $1)`,
      [hashOf(token)],
    );
  }
}
