import { type ApolloServerPlugin, type GraphQLRequestContext, type GraphQLResponse, HeaderMap } from '@apollo/server';
import { IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_FORM } from '@countersign/contracts';
import { AppError, ERRORS, isErrorCode } from '@countersign/domain';
import { digestOf } from '@countersign/domain/digest';
import type { Logger } from '@countersign/platform';
import { type FormattedExecutionResult, OperationTypeNode, print } from 'graphql';

import type { GraphqlContext } from '../auth/signed-in.js';
import { toApiError, toGraphqlError } from '../graphql/api-error.js';
import type { IdempotencyScope, IdempotencyStore } from './idempotency-store.port.js';

const POLL_MS = 100;

type Held = { readonly scope: IdempotencyScope; readonly owner: string };
type Begun = GraphQLRequestContext<GraphqlContext>;
export type IdempotencyOptions = { readonly store: IdempotencyStore; readonly waitMs: number; readonly logger: Logger };

/** Text of any JSON with members in one order: clients may send the same variables in another. */
function stableText(value: unknown): string {
  return JSON.stringify(value ?? null, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

function digestOfOperation({ document, request }: Begun): string {
  const operation = document ? print(document) : (request.query ?? '');
  return digestOf({ operation, name: request.operationName ?? null, variables: stableText(request.variables) });
}

async function scopeOf({ req }: GraphqlContext, key: string): Promise<IdempotencyScope | undefined> {
  const viewer = await req.signedIn?.viewer();
  // A suspended person gets no stored answer either: the guard refuses them.
  return viewer?.active ? { tenantId: viewer.tenantId, personId: viewer.personId, key } : undefined;
}

/** The stored answer, or the right to make it. */
async function claimed(scope: IdempotencyScope, digest: string, { store, waitMs }: IdempotencyOptions): Promise<Held | string> {
  const until = Date.now() + waitMs;
  for (;;) {
    const claim = await store.claim(scope, digest);
    if (claim.kind === 'mine') return { scope, owner: claim.owner };
    if (claim.digest !== digest) {
      throw new AppError('IDEMPOTENCY_MISMATCH', 'This key was used for another operation', { field: 'Idempotency-Key' });
    }
    if (claim.kind === 'done') return claim.response;
    if (Date.now() >= until) throw new AppError('CONFLICT', 'The first request with this key is still being answered; try again');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function answered(singleResult: object, headers: readonly (readonly [string, string])[] = []): GraphQLResponse {
  const http = { headers: new HeaderMap() };
  headers.forEach(([name, value]) => http.headers.set(name, value));
  return { http, body: { kind: 'single', singleResult } } as GraphQLResponse;
}

const mayChange = (code: unknown): boolean => !isErrorCode(code) || ERRORS[code].retry;

/** Success and refusals that stand are kept; an answer that trying again may change is not. */
function isFinal({ errors, data }: FormattedExecutionResult): boolean {
  if (errors?.some(({ extensions }) => mayChange(extensions?.['code']))) return false;
  const outcomes = Object.values(data ?? {}) as ({ outcome?: unknown; code?: unknown } | null)[];
  return !outcomes.some((result) => result?.outcome === 'refused' && mayChange(result.code));
}

/** `Idempotency-Key` on mutations: the same person, key and operation is carried out once and answered alike. */
export function idempotencyPlugin(options: IdempotencyOptions): ApolloServerPlugin<GraphqlContext> {
  const { store, logger } = options;
  const begin = async (begun: Begun, key: string, keep: (held: Held) => void): Promise<GraphQLResponse | null> => {
    if (!IDEMPOTENCY_KEY.test(key)) throw new AppError('INVALID_INPUT', IDEMPOTENCY_KEY_FORM, { field: 'Idempotency-Key' });
    const scope = await scopeOf(begun.contextValue, key);
    if (!scope) return null;
    const found = await claimed(scope, digestOfOperation(begun), options);
    if (typeof found === 'string') return answered(JSON.parse(found) as object, [['idempotency-replayed', 'true']]);
    keep(found);
    return null;
  };
  return {
    async requestDidStart() {
      let held: Held | undefined;
      return {
        async responseForOperation(begun) {
          const key = begun.request.http?.headers.get('idempotency-key');
          if (key === undefined || begun.operation.operation !== OperationTypeNode.MUTATION) return null;
          try {
            return await begin(begun, key, (mine) => (held = mine));
          } catch (error) {
            return answered({ errors: [toGraphqlError(toApiError(error, logger))] });
          }
        },
        async willSendResponse({ response }) {
          if (!held) return;
          try {
            if (response.body.kind === 'single' && isFinal(response.body.singleResult)) {
              await store.complete(held.scope, held.owner, JSON.stringify(response.body.singleResult));
            } else {
              await store.release(held.scope, held.owner);
            }
          } catch (error) {
            // The mutation was carried out and its answer goes to the client all the same; the claim lapses by itself.
            logger.warn({ err: error }, 'an idempotency key could not be stored');
          }
        },
      };
    },
  };
}
