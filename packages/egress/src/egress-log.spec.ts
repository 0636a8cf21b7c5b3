import { describe, expect, it } from '@jest/globals';

import { refused, unreachable } from './egress-error.js';
import { EgressLog } from './egress-log.js';

const entry = { time: 't', method: 'GET', host: 'a.org', port: 443, path: '/x?key=1', status: 200, sentBytes: 0, receivedBytes: 1, durationMs: 1, allowed: true, reason: null, credential: null, tunnel: false };

describe('the network log', () => {
  it('keeps paths without their query, and counts allowed and refused', () => {
    const told: string[] = [];
    const log = new EgressLog('setup', (line) => told.push(line));
    log.add(entry);
    log.add({ ...entry, allowed: false, reason: 'no rule' });
    log.add({ ...entry, tunnel: true });
    log.failed('CONNECT', { host: 'b.org', port: 1 }, refused(403, 'no'));
    log.failed('CONNECT', { host: 'c.org', port: 1 }, unreachable(502, 'away'));
    const report = log.report();
    expect(report).toMatchObject({ phase: 'setup', allowed: 3, refused: 2, tunnels: ['a.org:443'], refusedHosts: ['a.org:443', 'b.org:1'] });
    expect(report.log).not.toContain('key=1');
    expect(report.log.trim().split('\n').map((line) => JSON.parse(line) as object)[0]).toMatchObject({ phase: 'setup', path: '/x' });
    expect(told).toEqual(['refused GET a.org:443/x: no rule', 'refused CONNECT b.org:1: no']);
  });

  it('says where it no longer lists, and goes on counting', () => {
    const told: string[] = [];
    const log = new EgressLog('execute', (line) => told.push(line));
    for (let index = 0; index < 20_010; index += 1) log.add({ ...entry, allowed: false });
    const lines = log.report().log.trim().split('\n');
    expect([lines.length, log.report().refused, told.length]).toEqual([20_001, 20_010, 51]);
    expect(lines.at(-1)).toContain('counted, not listed');
  });
});
