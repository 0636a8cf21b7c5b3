import 'reflect-metadata';

import { PERMISSIONS } from '@countersign/domain';
import { describe, expect, it } from '@jest/globals';
import { METHOD_METADATA } from '@nestjs/common/constants.js';

import { buildSchema, RESOLVERS } from '../graphql/schema-text.js';
import { GitController } from '../git-http/git.controller.js';
import { ArtifactController } from '../http/artifact.controller.js';
import { HealthController } from '../http/health.controller.js';
import { MetricsController } from '../http/metrics.controller.js';
import { AuditExportController } from '../integrity/audit-export.controller.js';
import { KeyListController } from '../integrity/key-list.controller.js';
import { IS_PUBLIC } from './public.decorator.js';
import { REQUIRED_PERMISSION, type RequiredPermission } from './require-permission.decorator.js';

type Method = (...args: never[]) => unknown;

const methodsOf = (type: { prototype: object }): [string, Method][] =>
  Object.entries(Object.getOwnPropertyDescriptors(type.prototype))
    .filter(([name]) => name !== 'constructor')
    .map(([name, { value }]) => [name, value as Method]);

describe('every operation', () => {
  it('of the schema names a permission that exists', async () => {
    const schema = await buildSchema();
    const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) => Object.keys(type?.getFields() ?? {}));
    const methods = new Map(RESOLVERS.flatMap(methodsOf));

    expect(fields.length).toBeGreaterThan(20);
    for (const field of fields) {
      const method = methods.get(field);
      const required = method && (Reflect.getMetadata(REQUIRED_PERMISSION, method) as RequiredPermission | undefined);
      expect([field, PERMISSIONS.includes(required?.permission as never)]).toEqual([field, true]);
    }
    expect(Object.keys(schema.getSubscriptionType()?.getFields() ?? {})).toEqual(['inboxChanged', 'logAppended', 'requestChanged']);
  });

  it('over REST names one, is a probe, counts refusals or publishes the keys', () => {
    const routes = [HealthController, MetricsController, KeyListController, ArtifactController, AuditExportController, GitController].flatMap(methodsOf).filter(([, method]) => Reflect.hasMetadata(METHOD_METADATA, method));
    const unguarded = routes.filter(([, method]) => !Reflect.hasMetadata(REQUIRED_PERMISSION, method)).map(([name]) => name);
    expect(unguarded).toEqual(['live', 'ready', 'metrics', 'keys']);
    expect(unguarded.length).toBe(routes.filter(([, method]) => Reflect.getMetadata(IS_PUBLIC, method) === true).length);
  });

  it('lies in a plain class: Nest 14.0 skips the guards of inherited resolvers', () => {
    expect(RESOLVERS.map((type) => Object.getPrototypeOf(type) as unknown)).toEqual(RESOLVERS.map(() => Function.prototype));
  });
});
