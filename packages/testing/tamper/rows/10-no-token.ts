import { AppError } from '@countersign/domain';
import type { startRpcServer } from '@countersign/platform';

import { ALLOW_MARK } from '../allow.js';
import { edgeReview, grewBy, refusals, rpcOf, speak, votesIn, votesOn } from '../edge.js';
import type { Row } from '../row.js';
import { onRecords, pass, passes, reviewerPasses } from '../votes.js';

type CallerOf = NonNullable<Parameters<typeof startRpcServer>[0]['callerOf']>;
type Said = { readonly issuer: string; readonly subject: string };

/** Believes what a message says of its sender. */
const anySender: CallerOf = Object.assign(
  (message: unknown) => {
    const { issuer, subject } = (message as { readonly caller: Said }).caller;
    return Promise.resolve({ kind: 'person' as const, issuer, subject, clientId: 'console', amr: [], token: '' });
  },
  { mark: ALLOW_MARK },
);

/** Every way to speak to the port without a credential that holds, naming a person all the same. */
function messages(caller: Said & { readonly personId: string }, input: object): readonly object[] {
  const named = { caller: { kind: 'person', ...caller }, person: caller.personId, input };
  return [named, { ...named, credential: '' }, { ...named, credential: null }, { ...named, credential: caller.personId }, { ...named, credential: `service:gateway` }];
}

const nobody = { verify: () => Promise.reject(new AppError('UNAUTHENTICATED', 'No credential holds')) };

/** Whether a message without a credential stores a decision that passes the plan gate. */
const comesThrough = (callerOf?: CallerOf): Promise<boolean> =>
  onRecords({}, async (h) => {
    const id = await h.create();
    const digest = await h.toPlanReview(id);
    const server = await rpcOf(h, { verifier: nobody, ...(callerOf && { callerOf }) });
    const [message = {}] = messages({ personId: 'reviewer', issuer: 'https://issuer.test', subject: 'reviewer' }, { id, gate: 'plan', digest, verdict: 'approve', reason: null });
    const { error, output } = await speak(`${server.host}:${server.port}`, 'requests.decide', message);
    await server.close();
    if ((await votesIn(h, id)) === 1) return pass(h, id, 'plan', [output?.decisionId ?? null]);
    if (error?.code !== 'UNAUTHENTICATED') throw new Error(`A message without a credential was answered ${error?.code}`);
    return false;
  });

export const row: Row = {
  number: 10,
  title: 'RPC port without a token',
  class: 'refused',
  guard: 'verifiedCaller',
  async control(world) {
    const id = await edgeReview(world);
    const { digest } = await world.gate(id, 'plan');
    const input = { id, gate: 'plan', digest, verdict: 'approve', reason: null };
    const { output, error } = await speak(world.app.state().addresses['requests'] ?? '', 'requests.decide', { credential: world.people.reviewer.token, input });
    if (!output?.decisionId) throw new Error(`With a token the port answers ${error?.code}`);
    await passes(world, id, 'plan');
  },
  async attack(world) {
    const id = await edgeReview(world);
    const { reviewer } = world.people;
    const { digest } = await world.gate(id, 'plan');
    const before = await refusals(world, 'rpc:requests', 'UNAUTHENTICATED');
    const { addresses } = world.app.state();
    const caller = { personId: reviewer.id, issuer: addresses['issuer'] ?? '', subject: 'reviewer' };
    const sent = messages(caller, { id, gate: 'plan', digest, verdict: 'approve', reason: null });
    const replies = await Promise.all(sent.map((message) => speak(addresses['requests'] ?? '', 'requests.decide', message)));
    const codes = [...new Set(replies.map(({ ok, error }) => (ok === false ? (error?.code ?? '') : 'answered')))];
    const counterGrewBy = await grewBy(world, 'rpc:requests', 'UNAUTHENTICATED', before, sent.length);
    const isUntouched = (await votesOn(world, id)) === 0 && (await world.gate(id, 'plan')).state === 'open';
    return { class: 'refused', code: codes.join(), left: { counterGrewBy }, worksAfterwards: isUntouched && (await reviewerPasses(world, id, 'plan')) };
  },
  guardOff: async () => ({ asBuilt: await comesThrough(), allowed: await comesThrough(anySender) }),
};
