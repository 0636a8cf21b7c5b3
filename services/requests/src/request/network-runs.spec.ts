import { requestDetail } from '@countersign/contracts';
import { describe, expect, it } from '@jest/globals';

import { networkRuns } from './network-runs.js';

const at = new Date('2026-11-21T06:00:00.000Z');
const log = { sha256: 'a'.repeat(64), bytes: 10, name: 'egress-setup.jsonl', mediaType: 'application/jsonl' };
const data = { phase: 'setup', allowed: 3, refused: 1, tunnels: ['t.org:443'], refusedHosts: ['x.org:443'], log };

describe('network runs of a request', () => {
  it('are its egress facts, as the wire has them', () => {
    const runs = networkRuns([{ kind: 'checks', at, data: {} }, { kind: 'egress', at, data }]);
    expect(runs).toEqual([{ ...data, at: at.toISOString() }]);
    expect(requestDetail.shape.egress.parse(runs)).toEqual(runs);
  });

  it('are the newest twenty', () => {
    const facts = Array.from({ length: 30 }, (_, index) => ({ kind: 'egress' as const, at, data: { ...data, allowed: index } }));
    expect(networkRuns(facts).map(({ allowed }) => allowed)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });
});
