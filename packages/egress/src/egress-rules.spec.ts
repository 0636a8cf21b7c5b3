import type { EgressRule } from '@countersign/domain';
import { describe, expect, it } from '@jest/globals';

import { matchesHost, ruleForMethod, rulesFor, ruleText } from './egress-rules.js';

const aRule = (over: Partial<EgressRule> = {}): EgressRule => ({ host: 'a.org', port: 443, methods: ['GET'], tunnel: false, credential: null, ...over });

describe('egress rules', () => {
  it.each([
    ['a.org', 'a.org', true],
    ['a.org', 'b.a.org', false],
    ['*.a.org', 'b.a.org', true],
    ['*.a.org', 'c.b.a.org', true],
    ['*.a.org', 'a.org', false],
    ['*.a.org', 'evila.org', false],
    ['*.a.org', '.a.org', false],
    ['*.0.0.1', '127.0.0.1', false],
    ['127.0.0.1', '127.0.0.1', true],
  ])('%s and %s: %s', (pattern, host, expected) => {
    expect(matchesHost(pattern, host)).toBe(expected);
  });

  it('are of one port, and the first that names the method decides', () => {
    const rules = [aRule({ credential: 'one' }), aRule({ port: 8443 }), aRule({ methods: ['GET', 'POST'], credential: 'two' }), aRule({ host: 'b.org' })];
    const found = rulesFor(rules, { host: 'a.org', port: 443 });
    expect(found).toHaveLength(2);
    expect(['GET', 'POST', 'PUT'].map((method) => ruleForMethod(found, method)?.credential)).toEqual(['one', 'two', undefined]);
  });

  it('allow no method where they are of a tunnel, and say what they are', () => {
    const tunnel = aRule({ tunnel: true });
    expect(ruleForMethod([tunnel], 'GET')).toBeUndefined();
    expect([tunnel, aRule({ methods: ['GET', 'HEAD'] })].map(ruleText)).toEqual(['a.org:443 (tunnel, not inspected)', 'a.org:443 (GET, HEAD)']);
  });
});
