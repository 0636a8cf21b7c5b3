import { describe, expect, it } from '@jest/globals';

import { DEFAULT_EGRESS_LIMITS, TrafficMeter } from './traffic-meter.js';

describe('the limits of a run', () => {
  it('count requests of the last minute only', () => {
    let now = 0;
    const meter = new TrafficMeter({ ...DEFAULT_EGRESS_LIMITS, requestsPerMinute: 2 }, () => now);
    meter.request();
    now = 30_000;
    meter.request();
    expect(() => meter.request()).toThrow('more than 2 requests in a minute');
    now = 60_001;
    meter.request();
    expect(() => meter.request()).toThrow('more than 2 requests in a minute');
  });

  it('give a connection back once', () => {
    const meter = new TrafficMeter({ ...DEFAULT_EGRESS_LIMITS, connections: 1 }, () => 0);
    const release = meter.connection();
    expect(() => meter.connection()).toThrow('more than 1 connections');
    release();
    release();
    meter.connection();
    expect(() => meter.connection()).toThrow('more than 1 connections');
  });
});
