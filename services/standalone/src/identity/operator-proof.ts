import { AppError } from '@countersign/domain';
import { importJWK, type JWK, jwtVerify } from 'jose';

import type { IdentityDatabase } from './identity-database.js';

const MAX_AGE_SECONDS = 60;
const CLOCK_TOLERANCE_SECONDS = 5;

/** Checks that somebody who can read the data folder asks to sign in as a person, now and once. */
export class OperatorProofs {
  constructor(
    private readonly key: JWK,
    private readonly issuer: string,
    private readonly database: IdentityDatabase,
  ) {}

  /** @throws AppError UNAUTHENTICATED where the proof is wrong, late, for somebody else, or was used before. */
  async use(proof: string, person: string): Promise<void> {
    const jti = await this.check(proof, person);
    const lifetime = MAX_AGE_SECONDS + 2 * CLOCK_TOLERANCE_SECONDS;
    const first = await this.database.query(
      `INSERT INTO used_proof (jti, expires_at) VALUES ($1, now() + make_interval(secs => $2))
       ON CONFLICT (jti) DO NOTHING RETURNING jti`,
      [jti, lifetime],
    );
    if (first.length === 0) throw new AppError('UNAUTHENTICATED', 'This proof was used before');
  }

  private async check(proof: string, person: string): Promise<string> {
    const { d: _private, ...publicPart } = this.key;
    const key = await importJWK(publicPart, 'EdDSA');
    try {
      const { payload } = await jwtVerify(proof, key, {
        algorithms: ['EdDSA'],
        audience: this.issuer,
        subject: person,
        requiredClaims: ['jti', 'iat', 'exp', 'sub'],
        // The sender's own expiry could be a year away.
        maxTokenAge: MAX_AGE_SECONDS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      if (payload.jti && payload.jti.length <= 200) return payload.jti;
    } catch (error) {
      throw new AppError('UNAUTHENTICATED', 'The proof of access to the data folder does not hold', { cause: error });
    }
    throw new AppError('UNAUTHENTICATED', 'The proof has no usable id');
  }
}
