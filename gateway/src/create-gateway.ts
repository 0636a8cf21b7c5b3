import 'reflect-metadata';

import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import { AppError } from '@countersign/domain';
import { errnoOf, NestPinoLogger, type NoteRefusal, type TokenVerifier } from '@countersign/platform';
import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import type { NestExpressApplication } from '@nestjs/platform-express';

import { GatewayModule, type GatewayParts } from './gateway.module.js';
import { GIT_SIGN_IN } from './git-http/git-credentials.js';
import { checkBody, readJson, requireJsonPost } from './http/graphql-body.middleware.js';
import { originMiddleware, sideFault, type SideRules } from './http/origin.middleware.js';
import { EXPORTS_PATH, GIT_PATH, GRAPHQL_PATH } from './http/refusal.js';
import { signInMiddleware } from './http/sign-in.middleware.js';
import { LiveFeed } from './live/live-feed.js';
import { serveSubscriptions } from './live/live-socket.js';

const RECEIVE_TIMEOUT_MS = 30_000;

type Verifier = Pick<TokenVerifier, 'verify'>;

export type CreateGatewayOptions = GatewayParts &
  SideRules & {
    readonly http: { readonly host: string; readonly port: number };
    readonly verifier: Verifier;
  };

export type Gateway = {
  readonly url: string;
  /** Safe to call twice. */
  close(): Promise<void>;
};

function protect(app: NestExpressApplication, options: CreateGatewayOptions): void {
  const { limits, refusals, guards } = options;
  const refused = refusals.at('gateway');
  const signIn = { ...options, refused };
  const signedIn = signInMiddleware(signIn);
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(originMiddleware(options, guards.sideFault, refused));
  app.use(GRAPHQL_PATH, requireJsonPost, signedIn, readJson(limits, GRAPHQL_PATH), checkBody(limits, refused));
  app.use('/artifacts', signedIn);
  app.use(EXPORTS_PATH, signedIn, readJson(limits, EXPORTS_PATH));
  app.use(GIT_PATH, signInMiddleware(signIn, GIT_SIGN_IN));
}

/** A socket shows its token in its first message, past every middleware. */
function counted(verifier: Verifier, refused: NoteRefusal): Verifier {
  return {
    async verify(token) {
      try {
        return await verifier.verify(token);
      } catch (error) {
        if (error instanceof AppError && error.code === 'UNAUTHENTICATED') refused(error.code);
        throw error;
      }
    },
  };
}

function startSockets(app: NestExpressApplication, options: CreateGatewayOptions): { close(): Promise<void> } {
  const server = app.getHttpServer();
  const refused = options.refusals.at('gateway');
  // Only counts: what refuses and closes it is the listener of the sockets.
  server.on('upgrade', ({ headers }: IncomingMessage) => {
    const fault = sideFault(headers, options);
    if (fault) refused(fault.error.code);
  });
  return serveSubscriptions(server, app.get(GraphQLSchemaHost).schema, { ...options, verifier: counted(options.verifier, refused) });
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
    sockets = startSockets(app, options);
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
