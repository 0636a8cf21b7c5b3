import type { requestDetail } from '@countersign/contracts';
import type { Facts } from '@countersign/domain';
import type { z } from 'zod';

import type { FactEntity } from '../fact/fact.entity.js';

/** Each run of the checks adds some; the artifacts of older ones stay. */
const MAX_RUNS = 20;

/** What sandboxes asked of the network; facts and answer with the newest first. */
export function networkRuns(facts: readonly Pick<FactEntity, 'kind' | 'at' | 'data'>[]): z.output<typeof requestDetail>['egress'] {
  return facts
    .filter(({ kind }) => kind === 'egress')
    .slice(0, MAX_RUNS)
    .map(({ at, data }) => {
      const { phase, allowed, refused, tunnels, refusedHosts, log } = data as Facts['egress'];
      return { phase, at: at.toISOString(), allowed, refused, tunnels: [...tunnels], refusedHosts: [...refusedHosts], log };
    });
}
