import type { CheckpointKeeper } from '../../../../services/requests/src/log/checkpoint-keeper.port.js';
import { ALLOW_MARK } from '../allow.js';
import { asOne, detected, withoutAttack } from '../broken-log.js';
import { cutAt, staysUnknown } from '../damaged-log.js';
import type { Row } from '../row.js';

const SIZE = 16;

/** What was signed is known to the database alone. */
const forgetful: CheckpointKeeper & { readonly mark: string } = { mark: ALLOW_MARK, keep: async () => undefined, newest: async () => null };

export const row: Row = {
  number: 24,
  breaks: true,
  title: "the log's tail cut off",
  class: 'detected',
  guard: 'a keeper of checkpoints that keeps none',
  isMutation: true,
  control: withoutAttack,
  attack: () =>
    detected(
      async (scene) => {
        // A checkpoint lies there: every attempt was integrated by itself.
        const [last] = await scene.world.sql<{ size: number }>('SELECT max(size)::int AS size FROM log.checkpoint WHERE n = $1 AND size <= $2', [scene.n, scene.leaf]);
        await asOne(scene, cutAt(scene, last?.size ?? 0));
      },
      { withEarlier: true },
    ),
  async guardOff() {
    const comesThrough = (over?: { readonly keeper: CheckpointKeeper }): Promise<boolean> => staysUnknown((log) => cutAt(log, SIZE), over);
    return { asBuilt: await comesThrough(), allowed: await comesThrough({ keeper: forgetful }) };
  },
};
