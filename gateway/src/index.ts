import { projectsRpc, type RpcContract, requestsRpc } from '@countersign/contracts';
import { AppError, ERRORS } from '@countersign/domain';
import { makeGit } from '@countersign/git';
import { type Logger, Refusals, RpcClient, type ServiceTokens, type TokenVerifier } from '@countersign/platform';

import { createGateway, type Gateway } from './create-gateway.js';
import { GATEWAY_GUARDS } from './guards.js';
import { IdempotencyRepository } from './idempotency/idempotency.repository.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';
import { type ServiceClient, Services } from './services.js';

export type { Gateway } from './create-gateway.js';
export { GATEWAY_SCHEMA } from './idempotency/idempotency.repository.js';
export { DEFAULT_LIMITS, type Limits } from './limits.js';

type Address = { readonly host: string; readonly port: number };

export type GatewayDeps = {
  /** Port 0 takes a free one. */
  readonly http: Address;
  /** Host headers that are ours; an entry without a port stands for every port. */
  readonly allowedHosts: readonly string[];
  /** Origins whose pages may call; requests without an Origin are not from pages. */
  readonly allowedOrigins: readonly string[];
  readonly requests: Address;
  readonly projects: Address;
  readonly verifier: Pick<TokenVerifier, 'verify'>;
  /** The gateway's own, for `/ready`, hints and the list of keys. */
  readonly tokens: Pick<ServiceTokens, 'issue'>;
  readonly postgres: { readonly url: string; readonly ownerUrl: string };
  /** Home and configuration of our own git. */
  readonly gitHomeDir: string;
  readonly logger: Logger;
  /** What `GET /metrics` tells; in one process with the services it holds theirs too. */
  readonly refusals?: Refusals;
  readonly limits?: Partial<Limits>;
  /** Default false; true outside production only. */
  readonly introspection?: boolean;
};

const RPC_DEADLINE_MS = 10_000;
/** Longer than a long poll waits. */
const FEED_DEADLINE_MS = 30_000;
/** A bundle of a whole log, or a log that is written again. */
const LONG_DEADLINE_MS = 300_000;
const LONG_CALLS: ReadonlySet<string> = new Set(['log.export', 'log.recover']);
const FORGET_EVERY_MS = 3_600_000;

/** A service that answers at all is up, whatever it thinks of the question. */
async function answers(ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (error instanceof AppError && ERRORS[error.code].kind !== 'unavailable') return;
    throw error;
  }
}

function connect<Contract extends RpcContract>(contract: Contract, address: Address) {
  return new RpcClient(contract, { ...address, deadlineMs: RPC_DEADLINE_MS }) satisfies ServiceClient<Contract>;
}

function connectRequests(address: Address): Required<ServiceClient<typeof requestsRpc>> {
  const quick = connect(requestsRpc, address);
  const patient = new RpcClient(requestsRpc, { ...address, deadlineMs: LONG_DEADLINE_MS });
  return {
    call: (name, input, credential) => (LONG_CALLS.has(name) ? patient : quick).call(name, input, credential),
    close: () => [quick, patient].forEach((client) => client.close()),
  };
}

/** Starts the public API: migrates its own schema, then listens. */
export async function startGateway(deps: GatewayDeps): Promise<Gateway> {
  const { logger, tokens } = deps;
  const git = await makeGit({ homeDir: deps.gitHomeDir });
  const store = await IdempotencyRepository.open(deps.postgres);
  const requests = connectRequests(deps.requests);
  const projects = connect(projectsRpc, deps.projects);
  const feed = new RpcClient(requestsRpc, { ...deps.requests, deadlineMs: FEED_DEADLINE_MS });
  const forgetting = setInterval(() => {
    store.forgetExpired().catch((error: unknown) => logger.warn({ err: error }, 'old idempotency keys could not be removed'));
  }, FORGET_EVERY_MS);
  forgetting.unref();
  const closeParts = async (): Promise<void> => {
    clearInterval(forgetting);
    requests.close();
    projects.close();
    feed.close();
    await store.close();
  };
  const nobody = { issuer: '', subject: '' };
  try {
    const gateway = await createGateway({
      ...deps,
      services: new Services(requests, projects),
      store,
      refusals: deps.refusals ?? new Refusals(),
      guards: GATEWAY_GUARDS,
      keyLists: { newest: async () => requests.call('keys.list', {}, await tokens.issue('requests')) },
      live: { feed: async (input) => feed.call('live.feed', input, await tokens.issue('requests')) },
      git,
      limits: { ...DEFAULT_LIMITS, ...deps.limits },
      introspection: deps.introspection ?? false,
      probes: [
        { name: 'postgres', check: () => store.ping() },
        { name: 'projects', check: () => answers(async () => projects.call('people.viewer', nobody, await tokens.issue('projects'))) },
        { name: 'requests', check: () => answers(async () => requests.call('requests.inbox', {}, await tokens.issue('requests'))) },
      ],
    });
    let closing: Promise<void> | undefined;
    return { url: gateway.url, close: () => (closing ??= gateway.close().then(closeParts)) };
  } catch (error) {
    await closeParts();
    throw error;
  }
}
