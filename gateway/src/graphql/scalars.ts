import { GraphQLError, GraphQLScalarType, Kind, type ValueNode, valueFromASTUntyped } from 'graphql';

function requireSafeInt(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new GraphQLError('must be an integer below 2^53');
}

/** GraphQL's own Int ends at 2^31: too small for tokens, micro-units of money and milliseconds. */
export const SafeInt = new GraphQLScalarType<number, number>({
  name: 'SafeInt',
  description: 'An integer below 2^53, as a JSON number.',
  serialize: requireSafeInt,
  parseValue: requireSafeInt,
  parseLiteral: (node: ValueNode) => requireSafeInt(node.kind === Kind.INT ? Number(node.value) : undefined),
});

function requireText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new GraphQLError('must be text');
}

export const Timestamp = new GraphQLScalarType<string, string>({
  name: 'Timestamp',
  description: 'RFC 3339, UTC.',
  serialize: requireText,
  parseValue: requireText,
  parseLiteral: (node: ValueNode) => requireText(node.kind === Kind.STRING ? node.value : undefined),
});

export const Json = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node: ValueNode, variables) => valueFromASTUntyped(node, variables),
});
