import { describe, expect, it } from '@jest/globals';

import { Refusals } from './refusals.js';

const samples = (refusals: Refusals): string[] => refusals.text().split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('Refusals', () => {
  it('counts by place and code', () => {
    const refusals = new Refusals();
    const atGateway = refusals.at('gateway');
    for (let count = 0; count < 3; count += 1) atGateway('UNAUTHENTICATED');
    atGateway('FORBIDDEN');
    refusals.at('rpc:requests')('UNAUTHENTICATED');
    expect(samples(refusals)).toEqual([
      'countersign_refused_calls_total{place="gateway",code="FORBIDDEN"} 1',
      'countersign_refused_calls_total{place="gateway",code="UNAUTHENTICATED"} 3',
      'countersign_refused_calls_total{place="rpc:requests",code="UNAUTHENTICATED"} 1',
    ]);
  });

  it('says what it counts before anything was refused, and ends in a line feed', () => {
    expect(new Refusals().text()).toMatch(/^# HELP countersign_refused_calls_total [^\n]+\n# TYPE countersign_refused_calls_total counter\n$/);
  });

  it('counts for two of one place together', () => {
    const refusals = new Refusals();
    refusals.at('gateway')('FORBIDDEN');
    refusals.at('gateway')('FORBIDDEN');
    expect(samples(refusals)).toEqual(['countersign_refused_calls_total{place="gateway",code="FORBIDDEN"} 2']);
  });
});
