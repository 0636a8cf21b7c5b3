import type { Git } from '@countersign/git';
import { type Logger, type NoteRefusal, Refusals } from '@countersign/platform';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { ThrottlerModule } from '@nestjs/throttler';

import { PermissionGuard } from './auth/permission.guard.js';
import { PersonThrottlerGuard } from './auth/person-throttler.guard.js';
import type { GraphqlContext } from './auth/signed-in.js';
import { GitBackend } from './git-http/git-backend.js';
import { GitController } from './git-http/git.controller.js';
import type { FormattedError } from './graphql/api-error.js';
import { errorFormatter } from './graphql/format-error.js';
import { limitRules, noSubscriptionRule } from './graphql/query-limits.js';
import { RESOLVERS } from './graphql/schema-text.js';
import type { GatewayGuards } from './guards.js';
import { ArtifactController } from './http/artifact.controller.js';
import { DeadlineInterceptor } from './http/deadline.interceptor.js';
import { HealthController, type PartProbe, PROBES } from './http/health.controller.js';
import { MetricsController } from './http/metrics.controller.js';
import { GRAPHQL_PATH } from './http/refusal.js';
import { RestErrorFilter } from './http/rest-error.filter.js';
import { idempotencyPlugin } from './idempotency/idempotency.plugin.js';
import type { IdempotencyStore } from './idempotency/idempotency-store.port.js';
import { AuditExportController } from './integrity/audit-export.controller.js';
import { KEY_LISTS, KeyListController, type KeyListSource } from './integrity/key-list.controller.js';
import type { Limits } from './limits.js';
import { LiveFeed, type LiveSource } from './live/live-feed.js';
import { Services } from './services.js';

export type GatewayParts = {
  readonly services: Services;
  readonly store: IdempotencyStore;
  readonly probes: readonly PartProbe[];
  readonly limits: Limits;
  /** Tells that something has changed. */
  readonly live: LiveSource;
  readonly keyLists: KeyListSource;
  /** Reads the bare copies on this disk. */
  readonly git: Git;
  readonly logger: Logger;
  readonly refusals: Refusals;
  readonly guards: GatewayGuards;
  /** Whether the schema may be asked for; never in production. */
  readonly introspection: boolean;
};

// Apollo's optional hooks do not say `| undefined`, which exactOptionalPropertyTypes holds against a plugin of another context.
type Plugins = NonNullable<ApolloDriverConfig['plugins']>;

/** A document over a limit reaches no resolver, and so no service that could enter it anywhere. */
function counting(format: (...all: Parameters<ReturnType<typeof errorFormatter>>) => FormattedError, refused: NoteRefusal): typeof format {
  return (...all) => {
    const formatted = format(...all);
    const { code } = formatted.extensions;
    if (code === 'QUERY_TOO_COMPLEX') refused(code);
    return formatted;
  };
}

function graphqlOptions({ store, limits, logger, introspection, refusals, guards }: GatewayParts): ApolloDriverConfig {
  const { plugins, validationRules } = limitRules(limits, guards.oneMutationRule);
  return {
    driver: ApolloDriver,
    path: GRAPHQL_PATH,
    autoSchemaFile: true,
    sortSchema: true,
    graphiql: false,
    introspection,
    // A new object for each call: Nest 14.0 would share one between people.
    context: ({ req, res }: GraphqlContext): GraphqlContext => ({ req, res }),
    formatError: counting(errorFormatter(logger), refusals.at('gateway')),
    includeStacktraceInErrorResponses: false,
    autoTransformHttpErrors: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    persistedQueries: false,
    parseOptions: { maxTokens: limits.tokens },
    validationRules: [noSubscriptionRule, ...validationRules],
    plugins: [...plugins, idempotencyPlugin({ store, waitMs: limits.idempotencyWaitMs, logger })] as Plugins,
  };
}

@Module({})
export class GatewayModule {
  static with(parts: GatewayParts): DynamicModule {
    const { services, probes, limits, logger, git } = parts;
    return {
      module: GatewayModule,
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>(graphqlOptions(parts)),
        ThrottlerModule.forRoot([{ ttl: 60_000, limit: limits.requestsPerMinute }]),
      ],
      controllers: [HealthController, MetricsController, KeyListController, ArtifactController, AuditExportController, GitController],
      providers: [
        ...RESOLVERS,
        Reflector,
        { provide: Services, useValue: services },
        { provide: Refusals, useValue: parts.refusals },
        { provide: LiveFeed, useValue: new LiveFeed(parts.live, logger) },
        { provide: PROBES, useValue: probes },
        { provide: KEY_LISTS, useValue: parts.keyLists },
        { provide: GitBackend, useValue: new GitBackend(git, services, limits) },
        // In this order: who is asking too often is not looked up.
        { provide: APP_GUARD, useClass: PersonThrottlerGuard },
        { provide: APP_GUARD, useClass: PermissionGuard },
        { provide: APP_FILTER, useValue: new RestErrorFilter(logger) },
        { provide: APP_INTERCEPTOR, useValue: new DeadlineInterceptor(limits.deadlineMs) },
      ],
    };
  }
}
