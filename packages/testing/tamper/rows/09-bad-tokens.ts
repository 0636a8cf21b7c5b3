import { KeyObject } from 'node:crypto';

import { TokenVerifier, type TokenVerifierOptions } from '@countersign/platform';
import { type TestIssuer, testIssuer } from '@countersign/platform/testing';

import { ALLOW_MARK } from '../allow.js';
import { edgeReview, forgedFrom, grewBy, issuerKeyPem, refusals, rpcOf, speak, votesIn, votesOn } from '../edge.js';
import type { Row } from '../row.js';
import { onRecords, pass, passes, reviewerPasses } from '../votes.js';
import type { World } from '../world.js';

type Check = NonNullable<TokenVerifierOptions['check']>;

/** Reads a token and verifies nothing of it. */
const anyToken: Check = Object.assign(
  (token: string) => Promise.resolve({ payload: JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Awaited<ReturnType<Check>>['payload'] }),
  { mark: ALLOW_MARK },
);

/** Expired, of another issuer, for another audience, unsigned, and signed with the public key. */
function badTokens(world: World, subject: string): readonly string[] {
  const now = Math.floor(Date.now() / 1000);
  const wrong = [{ iat: now - 7200, exp: now - 3600 }, { iss: 'https://issuer.example.org' }, { aud: 'urn:other:api' }].map((claims) => world.tokenFor(subject, claims));
  return [...wrong, ...forgedFrom(world.tokenFor(subject), issuerKeyPem(world))];
}

/** The same five of an issuer that a harness trusts. */
async function badTokensOf(issuer: TestIssuer, subject: string): Promise<readonly string[]> {
  const over = [{ expiresIn: -3600 }, { issuer: 'https://issuer.example.org' }, { audience: 'urn:other:api' }];
  const wrong = await Promise.all(over.map((each) => issuer.tokenFor({ subject, ...each })));
  const pem = KeyObject.from(issuer.publicKey).export({ type: 'spki', format: 'pem' }).toString();
  return [...wrong, ...forgedFrom(await issuer.tokenFor({ subject }), pem)];
}

/** Whether each of the five, alone, stores a decision over RPC that passes the plan gate. */
async function passedBy(check?: Check): Promise<readonly boolean[]> {
  const issuer = await testIssuer();
  const passed: boolean[] = [];
  try {
    await onRecords({}, async (h) => {
      h.projects.add({ ...h.person('reviewer'), issuer: issuer.issuer });
      const server = await rpcOf(h, { verifier: new TokenVerifier({ ...issuer, audience: 'requests', serviceKeysDir: '/nonexistent', ...(check && { check }) }) });
      for (const credential of await badTokensOf(issuer, 'reviewer')) {
        const id = await h.create();
        const digest = await h.toPlanReview(id);
        const input = { id, gate: 'plan', digest, verdict: 'approve', reason: null };
        const { error, output } = await speak(`${server.host}:${server.port}`, 'requests.decide', { credential, input });
        const isStored = (await votesIn(h, id)) === 1 && (await pass(h, id, 'plan', [output?.decisionId ?? null]));
        if (!isStored && error?.code !== 'UNAUTHENTICATED') throw new Error(`A bad token was answered ${error?.code}`);
        passed.push(isStored);
      }
      await server.close();
      return true;
    });
    return passed;
  } finally {
    await issuer.close();
  }
}

export const row: Row = {
  number: 9,
  title: 'token expired, of another issuer or audience, alg:none, HS256',
  class: 'refused',
  guard: 'TokenVerifier check',
  async control(world) {
    const id = await edgeReview(world);
    const { outcome, code } = await world.decide({ ...world.people.reviewer, token: world.tokenFor('reviewer') }, id, 'plan');
    if (outcome === 'refused') throw new Error(`A token without a fault was answered ${code}`);
    await passes(world, id, 'plan');
  },
  async attack(world) {
    const id = await edgeReview(world);
    const before = await refusals(world, 'gateway', 'UNAUTHENTICATED');
    const tokens = badTokens(world, 'reviewer');
    const answers = await Promise.all(tokens.map((token) => world.decide({ ...world.people.reviewer, token }, id, 'plan')));
    const codes = [...new Set(answers.map(({ outcome, code }) => (outcome === 'refused' ? (code ?? '') : outcome)))];
    const counterGrewBy = await grewBy(world, 'gateway', 'UNAUTHENTICATED', before, tokens.length);
    const isUntouched = (await votesOn(world, id)) === 0 && (await world.gate(id, 'plan')).state === 'open';
    return { class: 'refused', code: codes.join(), left: { counterGrewBy }, worksAfterwards: isUntouched && (await reviewerPasses(world, id, 'plan')) };
  },
  async guardOff() {
    const asBuilt = await passedBy();
    const allowed = await passedBy(anyToken);
    return { asBuilt: asBuilt.some(Boolean), allowed: allowed.length === 5 && allowed.every(Boolean) };
  },
};
