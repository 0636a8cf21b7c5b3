import type { EgressRule } from '@countersign/domain';
import { describe, expect, it } from '@jest/globals';

import { credentialsFor, parseCredentials } from './credentials.js';

const VALUE = 'Bearer sesame';
const FILE = JSON.stringify({ npm: { hosts: ['npm.example.org', '*.cdn.org'], header: 'Authorization', value: VALUE, projects: ['shop', 'prj_2'] } });
const known = parseCredentials('f.json', FILE);
const project = { id: 'prj_1', name: 'shop' };
const aRule = (over: Partial<EgressRule> = {}): EgressRule => ({ host: 'npm.example.org', port: 443, methods: ['GET'], tunnel: false, credential: 'npm', ...over });

describe('the credentials file', () => {
  it('gives the header in lower case', () => {
    expect(known.get('npm')).toEqual({ hosts: ['npm.example.org', '*.cdn.org'], header: 'authorization', value: VALUE, projects: ['shop', 'prj_2'] });
  });

  it.each([
    ['no JSON', `{ "npm": "${VALUE}`, 'it is not JSON'],
    ['an unknown member', JSON.stringify({ npm: { ...JSON.parse(FILE).npm, secret: VALUE } }), 'npm'],
    ['a line break in the value', FILE.replace(VALUE, `${VALUE}\\nX: y`), 'npm.value must be visible ASCII'],
    ['a header of the broker', FILE.replace('Authorization', 'Host'), 'npm.header may not be host'],
    ['no hosts', FILE.replace('["npm.example.org","*.cdn.org"]', '[]'), 'npm.hosts'],
  ])('is refused with %s, without quoting it', (_what, text, says) => {
    const read = (): unknown => parseCredentials('f.json', text);
    expect(read).toThrow(expect.objectContaining({ code: 'EGRESS_UNAVAILABLE', message: expect.stringContaining(says) }));
    expect(read).not.toThrow(/sesame/);
  });
});

describe('credentials of a project', () => {
  it.each([
    ['by the name of the project', project, {}],
    ['by the id of the project', { id: 'prj_2', name: 'other' }, {}],
    ['for a name below a wildcard', project, { host: 'a.cdn.org' }],
    ['for a wildcard that holds the host', project, { host: '*.example.org' }],
  ])('are found %s', (_what, who, over) => {
    expect([...credentialsFor([aRule(over)], known, who).keys()]).toEqual(['npm']);
  });

  it('are only those that rules name', () => {
    expect(credentialsFor([aRule({ credential: null })], known, project).size).toBe(0);
  });

  it.each([
    ['an unknown name', { credential: 'pip' }, project, 'does not have'],
    ['another project', {}, { id: 'prj_3', name: 'bank' }, 'not for the project bank'],
    ['another host', { host: 'evil.org' }, project, 'not for that host'],
    ['a tunnel', { tunnel: true }, project, 'is a tunnel'],
  ])('are refused for %s', (_what, over, who, says) => {
    const find = (): unknown => credentialsFor([aRule(over)], known, who);
    expect(find).toThrow(expect.objectContaining({ code: 'EGRESS_REFUSED', message: expect.stringContaining(says) }));
    expect(find).not.toThrow(/sesame/);
  });
});
