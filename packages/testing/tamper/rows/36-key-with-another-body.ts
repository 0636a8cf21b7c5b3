import { randomUUID } from 'node:crypto';

import { AppError } from '@countersign/domain';

import type { Guards } from '../../../../services/requests/src/guards.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { atPlanReview, onRecords, reviewerPasses } from '../votes.js';
import { must, type World } from '../world.js';

const COMMENT = 'mutation ($input: CommentInput!) { comment(input: $input) { outcome } }';

const comment = (world: World, key: string, id: string, text: string) => world.ask(world.people.reviewer, COMMENT, { input: { id, text } }, { 'idempotency-key': key });

async function commentsOf(world: World, id: string): Promise<readonly string[]> {
  const rows = await world.sql<{ text: string }>("SELECT text FROM requests.word WHERE request_id = $1 AND kind = 'comment' ORDER BY at", [id]);
  return rows.map(({ text }) => text);
}

/** Whether a cancellation is answered as done that nobody stored: its key was another word's. */
const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  onRecords(guards, async (h) => {
    const id = await h.create();
    const word = (kind: 'comment' | 'cancel', text: string) => h.words.word(h.as('requester'), { id, kind, text, limits: null, digest: null, key: 'key' });
    await word('comment', 'wait');
    const { outcome } = await word('cancel', 'no more').catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'IDEMPOTENCY_MISMATCH') return { outcome: 'refused' };
      throw error;
    });
    const [stored] = await h.asOwner<{ cancels: number }>("SELECT count(*)::int AS cancels FROM requests.word WHERE kind = 'cancel'");
    return outcome === 'recorded' && stored?.cancels === 0;
  });

export const row: Row = {
  number: 36,
  title: 'idempotency key reused with another body',
  class: 'refused',
  guard: 'isSameAct',
  async control(world) {
    const id = await atPlanReview(world, await world.project('keyed'));
    const key = randomUUID();
    for (const text of ['once', 'once']) must(await comment(world, key, id, text));
    must(await comment(world, randomUUID(), id, 'twice'));
    const said = await commentsOf(world, id);
    if (said.join() !== 'once,twice') throw new Error(`The request has the comments ${said.join()}`);
  },
  async attack(world) {
    const id = await atPlanReview(world, await world.project('keyed'));
    const key = randomUUID();
    must(await comment(world, key, id, 'first'));
    const atGateway = await comment(world, key, id, 'second');
    // A gateway that was killed before it kept the answer knows nothing of the key; the service does.
    await world.sql('DELETE FROM gateway.idempotency_key WHERE key = $1', [key]);
    const atService = await comment(world, key, id, 'second');
    if (atGateway.refusal !== atService.refusal) throw new Error(`The gateway answers ${atGateway.refusal}, the service ${atService.refusal}`);
    const left = await world.left(id, 'word-refused', 'IDEMPOTENCY_MISMATCH');
    const said = await commentsOf(world, id);
    return { class: 'refused', code: atService.refusal ?? '', left, worksAfterwards: said.join() === 'first' && (await reviewerPasses(world, id, 'plan')) };
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ isSameAct: allow(true) }) }),
};
