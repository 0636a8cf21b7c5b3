import type { ExamineLog } from '../../../../services/requests/src/log/examine-log.js';
import { allow } from '../allow.js';
import { asOne, detected, withoutAttack } from '../broken-log.js';
import { staysUnknown, swapped } from '../damaged-log.js';
import type { Row } from '../row.js';

const [A, B] = [7, 10] as const;

export const row: Row = {
  number: 23,
  breaks: true,
  title: 'two audit rows swapped',
  class: 'detected',
  guard: 'examineLog',
  control: withoutAttack,
  attack: () => detected((scene) => asOne(scene, swapped(scene, scene.leaf, scene.leaf + 1))),
  async guardOff() {
    const comesThrough = (over?: { readonly examine: ExamineLog }): Promise<boolean> => staysUnknown((log) => swapped(log, A, B), over);
    return { asBuilt: await comesThrough(), allowed: await comesThrough({ examine: allow<ExamineLog>(Promise.resolve(undefined)) }) };
  },
};
