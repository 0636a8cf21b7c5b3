import { describe, expect, it } from '@jest/globals';

import { upgradeRefusal } from './upgrade.js';

const rules = { allowedHosts: ['gate.test'], allowedOrigins: ['http://console.test'] };
const asked = (url: string, headers: Record<string, string> = {}) => ({ url, headers: { host: 'gate.test', upgrade: 'websocket', ...headers } });

describe('an upgrade is refused', () => {
  it.each([
    ['not at the path of GraphQL with our names', asked('/graphql?x=1', { origin: 'http://console.test', upgrade: 'WebSocket' }), undefined],
    ['through a foreign host name', asked('/graphql', { host: 'evil.test' }), 421],
    ['from a foreign page', asked('/graphql', { origin: 'http://evil.test' }), 403],
    ['at any other path', asked('/graphql/x'), 404],
    ['to another protocol', asked('/graphql', { upgrade: 'h2c' }), 400],
    ['without a host', { url: '/graphql', headers: { upgrade: 'websocket' } }, 421],
  ])('%s', (_, request, status) => {
    expect(upgradeRefusal(request, rules)).toBe(status);
  });
});
