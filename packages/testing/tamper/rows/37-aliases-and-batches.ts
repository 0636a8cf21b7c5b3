import { randomUUID } from 'node:crypto';

import type { GatewayGuards } from '../../../../gateway/src/guards.js';
import { post } from '../../e2e/gateway.js';
import { allow } from '../allow.js';
import { edgeReview, gatewayOver, grewBy, refusals, votesIn, votesOn } from '../edge.js';
import type { Row } from '../row.js';
import { atPlanReview, isTaken, onRecords, pass, passes } from '../votes.js';
import type { Person, World } from '../world.js';

type Vote = { readonly id: string; readonly digest: string };

const fields = ({ id, digest }: Vote): string => `decide(input: { id: "${id}", gate: plan, digest: "${digest}", verdict: approve }) { outcome code decisionId }`;
const aliased = (votes: readonly Vote[]): string => `mutation { ${votes.map((vote, n) => `v${n}: ${fields(vote)}`).join(' ')} }`;

/** One vote in every form in which one document could carry it more than once. */
function multiplied(vote: Vote): readonly object[] {
  const times = (count: number): readonly Vote[] => Array.from({ length: count }, () => vote);
  return [
    ...[2, 15, 50].map((count) => ({ query: aliased(times(count)) })),
    { query: `mutation A { ${fields(vote)} } mutation B { ${fields(vote)} }`, operationName: 'A' },
    { query: `mutation { a: ${fields(vote)} ...More } fragment More on Mutation { b: ${fields(vote)} }` },
    { query: `mutation { ...More } fragment More on Mutation { ${fields(vote)} }` },
  ];
}

/** The same vote in documents of its own, all at once: what no limit of one document stops. */
function side(world: World, person: Person, vote: Vote, count: number) {
  return Promise.all(Array.from({ length: count }, () => world.ask(person, `mutation { ${fields(vote)} }`, {}, { 'idempotency-key': randomUUID() })));
}

const decisionOf = ({ data }: { readonly data?: Readonly<Record<string, unknown>> | null | undefined }): string | null =>
  (data?.['decide'] as { readonly decisionId: string | null } | undefined)?.decisionId ?? null;

/** Whether one document passes two gates. */
const comesThrough = (guards: Partial<GatewayGuards>): Promise<boolean> =>
  onRecords({}, async (h) => {
    const votes: Vote[] = [];
    for (let count = 0; count < 2; count += 1) {
      const id = await h.create();
      votes.push({ id, digest: await h.toPlanReview(id) });
    }
    const gateway = await gatewayOver(h, guards);
    const { body } = await gateway.send('reviewer', aliased(votes));
    await gateway.close();
    const isRefused = body.errors?.[0]?.extensions.code === 'QUERY_TOO_COMPLEX';
    const passed: boolean[] = [];
    for (const [n, { id }] of votes.entries()) {
      const { decisionId = null } = (body.data?.[`v${n}`] ?? {}) as { readonly decisionId?: string | null };
      h.actAs(id);
      passed.push((await votesIn(h, id)) === 1 && (await pass(h, id, 'plan', [decisionId])));
    }
    if (isRefused === passed.some(Boolean)) throw new Error(`Both were answered: ${JSON.stringify(body)}`);
    return passed.every(Boolean);
  });

export const row: Row = {
  number: 37,
  title: 'aliases and batching to multiply votes',
  class: 'refused',
  guard: 'oneMutationRule',
  async control(world) {
    const id = await edgeReview(world);
    const { digest } = await world.gate(id, 'plan');
    const answer = await world.ask(world.people.reviewer, `mutation { mine: ${fields({ id, digest })} }`);
    if (answer.refusal !== undefined) throw new Error(`One vote under one alias was answered ${answer.text}`);
    await passes(world, id, 'plan');
  },
  async attack(world) {
    const { reviewer, admin } = world.people;
    const id = await atPlanReview(world, await world.project('aliases', { approvalsRequired: 2 }));
    const vote = { id, digest: (await world.gate(id, 'plan')).digest };
    const before = await refusals(world, 'gateway', 'QUERY_TOO_COMPLEX');
    const documents = multiplied(vote);
    const answers = await Promise.all(documents.map((document) => post(world.app, reviewer.token, document)));
    const codes = [...new Set(answers.map(({ refusal, data }) => (data ? 'answered' : (refusal ?? 'answered'))))];
    const counterGrewBy = await grewBy(world, 'gateway', 'QUERY_TOO_COMPLEX', before, documents.length);
    const batch = await post(world.app, reviewer.token, [{ query: `mutation { ${fields(vote)} }` }, { query: `mutation { ${fields(vote)} }` }]);
    if (batch.refusal !== 'INVALID_INPUT body') throw new Error(`A batch was answered ${batch.text}`);
    const isUntouched = (await votesOn(world, id)) === 0;

    const ids = new Set((await side(world, reviewer, vote, 5)).map(decisionOf));
    const [mine = null] = [...ids];
    const isOne = ids.size === 1 && (await isTaken(world, mine)) && (await votesOn(world, id)) === 1 && (await world.gate(id, 'plan')).state === 'open';
    const honest = await world.decide(admin, id, 'plan');
    return { class: 'refused', code: codes.join(), left: { counterGrewBy }, worksAfterwards: isUntouched && isOne && honest.outcome !== 'refused' && (await passes(world, id, 'plan')) };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ oneMutationRule: allow<GatewayGuards['oneMutationRule']>({}) }) }),
};
