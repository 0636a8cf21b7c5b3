import 'reflect-metadata';

import type { AddressInfo } from 'node:net';

import { AppError } from '@countersign/domain';
import { errnoOf, NestPinoLogger, type TokenVerifier } from '@countersign/platform';
import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import type { NestExpressApplication } from '@nestjs/platform-express';

import { GatewayModule, type GatewayParts } from './gateway.module.js';
import { GIT_SIGN_IN } from './git-http/git-credentials.js';
import { checkBody, readJson, requireJsonPost } from './http/graphql-body.middleware.js';
import { originMiddleware } from './http/origin.middleware.js';
import { EXPORTS_PATH, GIT_PATH, GRAPHQL_PATH } from './http/refusal.js';
import { signInMiddleware } from './http/sign-in.middleware.js';
import { LiveFeed } from './live/live-feed.js';
import { serveSubscriptions } from './live/live-socket.js';

const RECEIVE_TIMEOUT_MS = 30_000;

export type CreateGatewayOptions = GatewayParts & {
  readonly http: { readonly host: string; readonly port: number };
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly verifier: Pick<TokenVerifier, 'verify'>;
};

export type Gateway = {
  readonly url: string;
  /** Safe to call twice. */
  close(): Promise<void>;
};

function protect(app: NestExpressApplication, options: CreateGatewayOptions): void {
  const { allowedHosts, allowedOrigins, verifier, services, limits, logger } = options;
  const signedIn = signInMiddleware(verifier, services, logger);
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(originMiddleware(allowedHosts, allowedOrigins));
  app.use(GRAPHQL_PATH, requireJsonPost, signedIn, readJson(limits, GRAPHQL_PATH), checkBody(limits));
  app.use('/artifacts', signedIn);
  app.use(EXPORTS_PATH, signedIn, readJson(limits, EXPORTS_PATH));
  app.use(GIT_PATH, signInMiddleware(verifier, services, logger, GIT_SIGN_IN));
}

/** The gateway over given parts. Rejects with PORT_TAKEN where the port is. */
export async function createGateway(options: CreateGatewayOptions): Promise<Gateway> {
  const { http, logger } = options;
  const app = await NestFactory.create<NestExpressApplication>(GatewayModule.with(options), {
    logger: new NestPinoLogger(logger),
    abortOnError: false,
    bodyParser: false,
    // Without it a stop waits for every idle keep-alive connection.
    forceCloseConnections: true,
  });
  protect(app, options);
  const server = app.getHttpServer();
  server.requestTimeout = RECEIVE_TIMEOUT_MS;
  server.headersTimeout = RECEIVE_TIMEOUT_MS;
  let sockets: { close(): Promise<void> } | undefined;
  try {
    await app.init();
    sockets = serveSubscriptions(server, app.get(GraphQLSchemaHost).schema, options);
    await app.listen(http.port, http.host);
  } catch (error) {
    await app.close();
    if (errnoOf(error) !== 'EADDRINUSE') throw error;
    throw new AppError('PORT_TAKEN', `Port ${http.port} of ${http.host} is taken by another program`, { cause: error });
  }
  const { port } = server.address() as AddressInfo;
  const closeAll = async (): Promise<void> => {
    app.get(LiveFeed).close();
    await sockets?.close();
    await app.close();
  };
  let closing: Promise<void> | undefined;
  return { url: `http://${http.host}:${port}`, close: () => (closing ??= closeAll()) };
}
