import type { Role } from '@countersign/domain';
import { Git } from '@countersign/git';
import { createLogger, Refusals, TokenVerifier } from '@countersign/platform';
import { testIssuer, type TestIssuer } from '@countersign/platform/testing';
import { decodeJwt } from 'jose';

import { createGateway, type CreateGatewayOptions } from '../src/create-gateway.js';
import { GATEWAY_GUARDS } from '../src/guards.js';
import { DEFAULT_LIMITS } from '../src/limits.js';
import { FakeIdempotencyStore } from './idempotency-store.fake.js';
import { FakeLive } from './live.fake.js';
import { aViewer, type FakeServices, fakeServices } from './services.fake.js';

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: {
    readonly data?: Record<string, unknown> | null;
    readonly errors?: readonly { message: string; path?: readonly string[]; extensions: { code: string; field?: string } }[];
    readonly error?: { readonly code: string; readonly message: string; readonly field?: string };
  };
};

export type TestGateway = FakeServices & {
  readonly url: string;
  readonly issuer: TestIssuer;
  readonly store: FakeIdempotencyStore;
  readonly live: FakeLive;
  readonly logged: string[];
  readonly refusals: Refusals;
  /** A POST of one document by a person of this role. */
  send(role: Role, query: string, variables?: object, headers?: Record<string, string>): Promise<Answer>;
  /** Any request at all. */
  fetch(path: string, init?: RequestInit): Promise<Answer>;
  close(): Promise<void>;
};

/** A gateway on a free port over fake services, with a real issuer; roles are the people's sign-in names. */
export async function testGateway(over: Partial<CreateGatewayOptions> = {}): Promise<TestGateway> {
  const issuer = await testIssuer();
  const fakes = fakeServices((credential) => aViewer(decodeJwt(credential).sub as Role));
  const store = new FakeIdempotencyStore();
  const live = new FakeLive();
  const logged: string[] = [];
  const refusals = new Refusals();
  const gateway = await createGateway({
    http: { host: '127.0.0.1', port: 0 },
    allowedHosts: ['127.0.0.1'],
    allowedOrigins: ['http://console.test'],
    verifier: new TokenVerifier({ ...issuer, audience: 'gateway', serviceKeysDir: '/nonexistent' }),
    services: fakes.services,
    store,
    live,
    keyLists: { newest: () => fakes.requests.call('keys.list', {}, 'gateway') },
    probes: [],
    git: new Git({ configFile: '/nonexistent/gitconfig' }),
    limits: DEFAULT_LIMITS,
    logger: createLogger('gateway', 'warn', { write: (line: string) => void logged.push(line) }),
    refusals,
    guards: GATEWAY_GUARDS,
    introspection: false,
    ...over,
  });
  const fetchAnswer = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(`${gateway.url}${path}`, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, text, body: isJson ? (JSON.parse(text) as Answer['body']) : {} };
  };
  const tokens = new Map<Role, Promise<string>>();
  const tokenOf = (role: Role): Promise<string> => {
    const token = tokens.get(role) ?? issuer.tokenFor({ subject: role });
    tokens.set(role, token);
    return token;
  };
  return {
    ...fakes,
    url: gateway.url,
    issuer,
    store,
    live,
    logged,
    refusals,
    fetch: fetchAnswer,
    send: async (role, query, variables, headers = {}) =>
      fetchAnswer('/graphql', {
        method: 'POST',
        headers: { authorization: `Bearer ${await tokenOf(role)}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
      }),
    close: async () => {
      live.close();
      await gateway.close();
      await issuer.close();
    },
  };
}
