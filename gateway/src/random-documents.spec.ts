import { isErrorCode } from '@countersign/domain';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type TestGateway, testGateway } from '../test/gateway.fixture.js';
import { DEFAULT_LIMITS } from './limits.js';

const ROUNDS = 10_000;
const AT_ONCE = 50;

const WORDS = ['{', '}', '(', ')', '...', '@', '$', 'query', 'mutation', 'fragment', 'on', 'me', 'inbox', 'request', 'decide', 'id', 'input', ':', '"x"', '-1', '1e999', '__typename', '__schema', 'null', '[', ']', '"""', '#', '\u0000', '\u202e', '\ud800'];
const document = fc.oneof(
  { arbitrary: fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }).map((words) => words.join(' ')), weight: 4 },
  { arbitrary: fc.string({ maxLength: 200 }), weight: 2 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 100 }), weight: 1 },
);
const payload = fc.oneof(
  fc.record({ query: document, variables: fc.jsonValue(), operationName: fc.jsonValue() }, { requiredKeys: ['query'] }).map((value) => JSON.stringify(value)),
  fc.record({ query: fc.constant('query ($v: ID!) { request(id: $v) { id } }'), variables: fc.record({ v: fc.jsonValue() }) }).map((value) => JSON.stringify(value)),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary', maxLength: 200 }),
);

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({ limits: { ...DEFAULT_LIMITS, requestsPerMinute: 1_000_000 } });
});
afterAll(() => gateway.close());

describe('ten thousand random documents and payloads', () => {
  it('each get clean JSON, and the server lives', async () => {
    const headers = { authorization: `Bearer ${await gateway.issuer.tokenFor({ subject: 'reviewer' })}`, 'content-type': 'application/json' };
    const bodies = fc.sample(payload, { numRuns: ROUNDS, seed: 20261121 });
    const send = async (body: string): Promise<void> => {
      const { text, body: answer } = await gateway.fetch('/graphql', { method: 'POST', headers, body });
      const codes = (answer.errors ?? []).map(({ extensions }) => extensions.code);
      const isClean = 'data' in answer || codes.length > 0;
      if (!isClean || !codes.every(isErrorCode) || /node_modules|\bat \w+ \(|stacktrace/.test(text)) throw new Error(`${body} was answered ${text}`);
      // Nobody taught the fakes an answer, so an operation that gets through may fail; the edge itself may not.
      if (codes.includes('INTERNAL') && !/request|inbox|decide/.test(body)) throw new Error(`${body} was answered ${text}`);
    };
    for (let start = 0; start < ROUNDS; start += AT_ONCE) await Promise.all(bodies.slice(start, start + AT_ONCE).map(send));

    expect((await gateway.send('reviewer', '{ me { subject } }')).body.data).toEqual({ me: { subject: 'reviewer' } });
  }, 120_000);
});
