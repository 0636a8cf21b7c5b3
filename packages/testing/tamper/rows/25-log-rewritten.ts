import { type BundleVerdict, rootOf, verifyBundle } from '@countersign/verify';

import { ALLOW_MARK } from '../allow.js';
import { detected, pinnedRoot, withoutAttack } from '../broken-log.js';
import { anExport, forgedBundle, rewriteLog } from '../rewritten-log.js';
import type { Row } from '../row.js';

/** Whatever root the bundle itself names is pinned. */
const trusting = Object.assign((text: string): BundleVerdict => verifyBundle(text, { root: rootOf((JSON.parse(text) as { keys: string[] }).keys[0] ?? '') }), { mark: ALLOW_MARK });

export const row: Row = {
  number: 25,
  breaks: true,
  title: 'the log rewritten and signed again with a new key',
  class: 'detected',
  guard: 'a verifier that trusts the root in the bundle',
  isMutation: true,
  control: withoutAttack,
  attack: () =>
    detected(async (scene) => {
      const { world, before } = scene;
      const { maintainer, reviewer } = world.people;
      const forged = forgedBundle(before, maintainer.id, reviewer.id);
      const [pinned, unpinned] = [verifyBundle(forged, { root: pinnedRoot(world) }), verifyBundle(forged)];
      if (pinned.fault?.code !== 'ROOT_MISMATCH' || unpinned.exitCode !== 7) throw new Error(`A forged bundle is judged ${JSON.stringify([pinned, unpinned])}`);
      await rewriteLog(scene);
    }),
  async guardOff() {
    const { text, root } = await anExport();
    if (verifyBundle(text, { root }).exitCode !== 0) throw new Error('The genuine bundle does not verify');
    const forged = forgedBundle(text, 'reviewer', 'maintainer');
    const isBelieved = ({ exitCode, decisions }: BundleVerdict): boolean => exitCode === 0 && decisions.some(({ actor }) => actor === 'maintainer');
    return { asBuilt: [verifyBundle(forged, { root }), verifyBundle(forged)].some(isBelieved), allowed: isBelieved(trusting(forged)) };
  },
};
