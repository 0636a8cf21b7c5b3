import { ApolloArmor } from '@escape.tech/graphql-armor';
import {
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  Kind,
  Lexer,
  OperationTypeNode,
  Source,
  TokenKind,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';

import type { Limits } from '../limits.js';

/** Marks an error of a limit in its extensions: the class is the same as for any other invalid document. */
export const OVER_LIMIT = 'overLimit';

function overLimit(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { [OVER_LIMIT]: true } });
}

/** One mutation in one document: an idempotency key, an audit entry and a refusal each mean exactly one act. */
export function oneMutationRule(context: ValidationContext): ASTVisitor {
  return {
    Document(document: DocumentNode) {
      const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
      const mutations = operations.filter(({ operation }) => operation === OperationTypeNode.MUTATION);
      if (mutations.length === 0) return;
      const fields = mutations.flatMap(({ selectionSet }) => selectionSet.selections);
      if (fields.length === 1 && fields[0]?.kind === Kind.FIELD) return;
      context.reportError(overLimit('A document may hold one root mutation field, written in the operation itself'));
    },
  };
}

/** Over HTTP there is one answer. */
export function noSubscriptionRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (node.operation !== OperationTypeNode.SUBSCRIPTION) return;
      context.reportError(new GraphQLError('Subscriptions are served over a WebSocket', { nodes: node }));
    },
  };
}

export function limitRules(limits: Limits, oneMutation: ValidationRule = oneMutationRule) {
  // Armor's own reporting would make a new error without the mark.
  const reporting = {
    propagateOnRejection: false,
    onReject: [(context: ValidationContext | null, { message }: GraphQLError) => context?.reportError(overLimit(message))],
  };
  const armor = new ApolloArmor({
    // Counted before parsing, see countsTooManyTokens.
    maxTokens: { enabled: false },
    maxDepth: { n: limits.depth, flattenFragments: true, ...reporting },
    costLimit: { maxCost: limits.cost, flattenFragments: true, ...reporting },
    maxAliases: { n: limits.aliases, ...reporting },
    maxDirectives: { n: limits.directives, ...reporting },
  });
  const { plugins, validationRules } = armor.protect();
  return { plugins, validationRules: [oneMutation, ...validationRules] as ValidationRule[] };
}

/** Whether a document is longer than allowed; unreadable text is left to the parser, which names the place. */
export function countsTooManyTokens(text: string, limit: number): boolean {
  const lexer = new Lexer(new Source(text));
  try {
    for (let count = 0; count <= limit; count += 1) {
      if (lexer.advance().kind === TokenKind.EOF) return false;
    }
    return true;
  } catch {
    return false;
  }
}
