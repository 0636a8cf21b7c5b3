import { CliError } from './cli-error.js';
import { refreshByGrant, revokeByGrant } from './device-sign-in.js';
import type { Io } from './io.js';
import { refreshTokens, revokeTokens, type Tokens } from './operator-issuer.js';
import type { Profile } from './profile.js';

/** @throws CliError UNAUTHENTICATED where the sign-in has ended. */
export async function refreshed({ signIn, refreshToken, issuer, clientId }: Profile, io: Io): Promise<Tokens> {
  if (refreshToken === null) throw new CliError('UNAUTHENTICATED', 'The sign-in has ended: run `login` again');
  return signIn === 'device' ? refreshByGrant(refreshToken, issuer, clientId, io) : refreshTokens(refreshToken, issuer, io);
}

export async function revoked({ signIn, refreshToken, issuer, clientId }: Profile): Promise<void> {
  if (refreshToken === null) return;
  await (signIn === 'device' ? revokeByGrant(refreshToken, issuer, clientId) : revokeTokens(refreshToken, issuer));
}
