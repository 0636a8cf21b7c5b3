import 'reflect-metadata';

import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaBuilderModule, GraphQLSchemaFactory } from '@nestjs/graphql';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';

import { IntegrityResolver } from '../integrity/integrity.resolver.js';
import { LiveResolver } from '../live/live.resolver.js';
import { PersonResolver } from '../person/person.resolver.js';
import { ProjectResolver } from '../project/project.resolver.js';
import { RequestMutationResolver } from '../request/request-mutation.resolver.js';
import { RequestQueryResolver } from '../request/request-query.resolver.js';

/** Plain classes only: Nest 14.0 skips guards of resolvers made by factories or by inheritance. */
export const RESOLVERS = [IntegrityResolver, LiveResolver, PersonResolver, ProjectResolver, RequestMutationResolver, RequestQueryResolver];

const HEADER = '# Generated from the resolvers by gateway/src/print-schema.ts. Do not edit.\n\n';

export async function buildSchema(): Promise<GraphQLSchema> {
  const app = await NestFactory.createApplicationContext(GraphQLSchemaBuilderModule, { logger: false });
  try {
    return lexicographicSortSchema(await app.get(GraphQLSchemaFactory).create(RESOLVERS));
  } finally {
    await app.close();
  }
}

/** What `gateway/schema.graphql` must hold. */
export async function schemaText(): Promise<string> {
  return `${HEADER}${printSchema(await buildSchema())}\n`;
}
