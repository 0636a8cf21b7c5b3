import type { ExamineLog } from '../../../../services/requests/src/log/examine-log.js';
import { allow } from '../allow.js';
import { asOne, detected, withoutAttack } from '../broken-log.js';
import { edited, staysUnknown } from '../damaged-log.js';
import type { Row } from '../row.js';

const LEAF = 8;

export const row: Row = {
  number: 21,
  breaks: true,
  title: 'an audit row edited',
  class: 'detected',
  guard: 'examineLog',
  control: withoutAttack,
  // The requester's attempt at his own request becomes the reviewer's.
  attack: () => detected((scene) => asOne(scene, edited(scene, scene.leaf, scene.world.people.maintainer.id, scene.world.people.reviewer.id))),
  async guardOff() {
    const comesThrough = (over?: { readonly examine: ExamineLog }): Promise<boolean> => staysUnknown((log) => edited(log, LEAF, 'commented', 'decision!'), over);
    return { asBuilt: await comesThrough(), allowed: await comesThrough({ examine: allow<ExamineLog>(Promise.resolve(undefined)) }) };
  },
};
