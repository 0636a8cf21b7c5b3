import type { ExamineLog } from '../../../../services/requests/src/log/examine-log.js';
import { allow } from '../allow.js';
import { asOne, detected, withoutAttack } from '../broken-log.js';
import { closedUp, deleted, staysUnknown } from '../damaged-log.js';
import type { Row } from '../row.js';

const LEAF = 13;

export const row: Row = {
  number: 22,
  breaks: true,
  title: 'an audit row deleted',
  class: 'detected',
  guard: 'examineLog',
  control: withoutAttack,
  attack: () => detected((scene) => asOne(scene, [...deleted(scene, scene.leaf), ...closedUp(scene, scene.leaf)])),
  async guardOff() {
    // Left open: a log that has become shorter is noticed at its next entry as well, and not by the examination alone.
    const comesThrough = (over?: { readonly examine: ExamineLog }): Promise<boolean> => staysUnknown((log) => deleted(log, LEAF), over);
    return { asBuilt: await comesThrough(), allowed: await comesThrough({ examine: allow<ExamineLog>(Promise.resolve(undefined)) }) };
  },
};
