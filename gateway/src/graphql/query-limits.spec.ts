import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Answer, type TestGateway, testGateway } from '../../test/gateway.fixture.js';
import { anItem } from '../../test/services.fake.js';

const codeOf = ({ body }: Answer) => body.errors?.[0]?.extensions.code;
const word = 'commentOn: comment(input: { id: "r1", text: "hi" }) { state }';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
  gateway.requests.answers['requests.inbox'] = () => ({ needsMe: 0, waiting: 0, running: 0, done: 0 });
  gateway.requests.answers['requests.list'] = () => ({ items: [anItem()], next: null, total: 1 });
});
afterAll(() => gateway.close());

describe('limits of one document', () => {
  const nested = (depth: number): string => (depth === 0 ? 'name' : `ofType { ${nested(depth - 1)} }`);
  const cases: [string, string][] = [
    ['depth', `{ __type(name: "Query") { fields { type { ${nested(20)} } } } }`],
    ['aliases', `{ ${Array.from({ length: 30 }, (_, n) => `a${n}: inbox { done }`).join(' ')} }`],
    ['tokens', `{ ${'inbox { done } '.repeat(1_000)} }`],
    ['directives', `{ inbox ${'@include(if: true) '.repeat(50)} { done } }`],
    ['cost', '{ requests(first: 100000) { edges { node { id title state } } } }'],
    ['two root mutation fields', `mutation { ${word} again: ${word.slice(11)} }`],
    ['a root mutation field in a fragment', `mutation { ...Both } fragment Both on Mutation { ${word} }`],
    ['two mutations in two operations', `mutation A { ${word} } mutation B { ${word} }`],
  ];

  it.each(cases)('refuses %s', async (_, query) => {
    const before = gateway.requests.calls.length;
    const answer = await gateway.send('admin', query);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'QUERY_TOO_COMPLEX']);
    expect(gateway.requests.calls.length).toBe(before);
  });

  it('lets through the largest page with every field', async () => {
    const query = `{ requests(first: 100) { edges { cursor node { id title state paused project requester waitingFor needsMe createdAt updatedAt } }
      pageInfo { hasNextPage endCursor } totalCount } inbox { needsMe waiting running done } me { id name } }`;
    expect((await gateway.send('reviewer', query)).body.errors).toBeUndefined();
  });

  it('tells nothing about the schema', async () => {
    const introspection = await gateway.send('admin', '{ __schema { types { name } } }');
    const nearMiss = await gateway.send('admin', '{ inbax { done } }');
    expect([codeOf(introspection), codeOf(nearMiss)]).toEqual(['INVALID_INPUT', 'INVALID_INPUT']);
    expect(nearMiss.text).not.toContain('"inbox"');
  });

  it('answers a wrong variable, an unknown operation and a syntax error as the sender’s fault', async () => {
    const answers = await Promise.all([
      gateway.send('admin', 'query ($id: ID!) { request(id: $id) { id } }', {}),
      gateway.send('admin', '{ requests(first: "x") { totalCount } }'),
      gateway.send('admin', '{ inbox { '),
    ]);
    expect(answers.map(codeOf)).toEqual(['INVALID_INPUT', 'INVALID_INPUT', 'INVALID_INPUT']);
  });
});
