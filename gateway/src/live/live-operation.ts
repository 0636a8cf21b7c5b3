import { AppError } from '@countersign/domain';
import type { Logger } from '@countersign/platform';
import {
  type ExecutionArgs,
  getOperationAST,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
  type ValidationRule,
} from 'graphql';

import type { GraphqlContext, SignedIn } from '../auth/signed-in.js';
import { toApiError, toGraphqlError } from '../graphql/api-error.js';
import { countsTooManyTokens, limitRules, OVER_LIMIT } from '../graphql/query-limits.js';
import type { Limits } from '../limits.js';

export type SubscribePayload = { readonly query: string; readonly variables?: unknown; readonly operationName?: unknown };
export type LiveOperations = {
  /** What to run, or why it may not be run: the limits are those of HTTP. */
  prepare(payload: SubscribePayload, signedIn: SignedIn): ExecutionArgs | readonly GraphQLError[];
  /** The same allow-list as over HTTP. */
  format(errors: readonly GraphQLError[]): readonly GraphQLFormattedError[];
};

/** Guards count a subscription as one request of the person; there is no response to write headers to. */
function contextOf(signedIn: SignedIn): GraphqlContext {
  const headers = new Map<string, unknown>();
  const res = { header: (name: string, value: unknown) => void headers.set(name.toLowerCase(), value), getHeader: (name: string) => headers.get(name.toLowerCase()) };
  return { req: { signedIn } as GraphqlContext['req'], res: res as unknown as GraphqlContext['res'] };
}

const plainObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

function fault(error: AppError): GraphQLError {
  return new GraphQLError(error.message, { originalError: error });
}

export function liveOperations(schema: GraphQLSchema, limits: Limits, logger: Logger, introspection: boolean): LiveOperations {
  const rules: readonly ValidationRule[] = [
    ...specifiedRules,
    ...(introspection ? [] : [NoSchemaIntrospectionCustomRule]),
    ...limitRules(limits).validationRules,
  ];
  const toFormatted = (error: GraphQLError): GraphQLFormattedError => {
    const { originalError } = error;
    // An error without an origin was found in the document itself.
    const known = originalError ?? new AppError(error.extensions[OVER_LIMIT] === true ? 'QUERY_TOO_COMPLEX' : 'INVALID_INPUT', error.message);
    return toGraphqlError(toApiError(known, logger), error.path);
  };
  return {
    format: (errors) => errors.map(toFormatted),
    prepare({ query, variables, operationName }, signedIn) {
      if (countsTooManyTokens(query, limits.tokens)) {
        return [fault(new AppError('QUERY_TOO_COMPLEX', `The document has more than ${limits.tokens} tokens`, { field: 'query' }))];
      }
      let document;
      try {
        document = parse(query);
      } catch (error) {
        return [error as GraphQLError];
      }
      const faults = validate(schema, document, rules, { maxErrors: 10, hideSuggestions: true });
      if (faults.length > 0) return faults;
      const name = typeof operationName === 'string' ? operationName : null;
      // Queries and mutations have their limits, keys and deadlines over HTTP.
      if (getOperationAST(document, name)?.operation !== OperationTypeNode.SUBSCRIPTION) {
        return [fault(new AppError('INVALID_INPUT', 'Only subscriptions are served over a WebSocket', { field: 'query' }))];
      }
      return { schema, document, operationName: name, variableValues: plainObject(variables), contextValue: contextOf(signedIn) };
    },
  };
}
