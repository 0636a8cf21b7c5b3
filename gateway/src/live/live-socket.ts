import type { IncomingMessage, Server } from 'node:http';

import { AppError } from '@countersign/domain';
import type { Logger, TokenVerifier } from '@countersign/platform';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { handleProtocols, makeServer } from 'graphql-ws';
import { decodeJwt } from 'jose';
import { type WebSocket, WebSocketServer } from 'ws';

import { type SignedIn, signIn } from '../auth/signed-in.js';
import { BEARER, callerWith } from '../http/sign-in.middleware.js';
import type { Limits } from '../limits.js';
import type { Services } from '../services.js';
import { CLOSE, LiveConnection } from './live-connection.js';
import { liveOperations } from './live-operation.js';
import { onUpgrade, type UpgradeRules } from './upgrade.js';

export type SubscriptionOptions = UpgradeRules & {
  readonly verifier: Pick<TokenVerifier, 'verify'>;
  readonly services: Services;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly introspection: boolean;
};

type Extra = { readonly connection: LiveConnection };

/** Who the socket's token speaks for; the person must be active now. */
async function signedInWith(params: Readonly<Record<string, unknown>> | undefined, { verifier, services }: SubscriptionOptions): Promise<SignedIn> {
  const authorization = params?.['authorization'];
  const caller = await callerWith(typeof authorization === 'string' ? BEARER.tokenOf(authorization) : undefined, verifier);
  const viewer = await services.projects.call('people.me', {}, caller.token);
  if (!viewer.active) throw new AppError('ACTOR_INACTIVE', 'Your account is suspended');
  return signIn(caller, services);
}

/** Each subscription looks up its person anew: a context is never shared. */
const afresh = ({ caller }: SignedIn, services: Services): SignedIn => signIn(caller, services);

/** Serves subscriptions by the graphql-transport-ws protocol at the path of GraphQL, and nothing else over sockets. */
export function serveSubscriptions(server: Server, schema: GraphQLSchema, options: SubscriptionOptions): { close(): Promise<void> } {
  const { limits, logger, services, introspection } = options;
  const operations = liveOperations(schema, limits, logger, introspection);
  const people = new Map<string, number>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.socketMessageBytes, perMessageDeflate: false, handleProtocols });

  const protocol = makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: limits.socketAckMs,
    async onConnect({ connectionParams, extra: { connection } }) {
      try {
        const signedIn = await signedInWith(connectionParams, options);
        if (connection.isClosed) return false;
        const { issuer, subject, token } = signedIn.caller;
        const isIn = connection.signIn(signedIn, expiryOf(token), seatOf(people, `${issuer} ${subject}`, limits.socketsPerPerson));
        if (!isIn) connection.close(CLOSE.tooMany, 'Too many connections of one person');
        return isIn;
      } catch (error) {
        const isPassing = error instanceof AppError && (error.code === 'IDENTITY_UNAVAILABLE' || error.code === 'SERVICE_UNAVAILABLE');
        connection.close(isPassing ? CLOSE.tryLater : CLOSE.forbidden, isPassing ? 'Try again later' : 'Forbidden');
        return false;
      }
    },
    onSubscribe(context, _id, payload) {
      const { signedIn } = context.extra.connection;
      if (!signedIn) return [new GraphQLError('', { originalError: new AppError('UNAUTHENTICATED', 'Sign in first') })];
      if (Object.keys(context.subscriptions).length > limits.subscriptionsPerSocket) {
        const message = `A connection holds ${limits.subscriptionsPerSocket} subscriptions`;
        return [new GraphQLError(message, { originalError: new AppError('RATE_LIMITED', message) })];
      }
      return operations.prepare(payload, afresh(signedIn, services));
    },
    onNext: (_context, _id, _payload, _args, { data, errors }) =>
      errors ? { data: (data ?? null) as Record<string, unknown> | null, errors: operations.format(errors) } : undefined,
    onError: (_context, _id, _payload, errors) => operations.format(errors),
  });

  sockets.on('connection', (socket: WebSocket) => {
    const connection = new LiveConnection(socket, limits, logger);
    const closed = protocol.opened(connection, { connection });
    socket.once('close', (code, reason) => {
      connection.ended();
      closed(code, String(reason)).catch((error: unknown) => logger.warn({ err: error }, 'a subscription did not end cleanly'));
    });
  });
  onUpgrade(server, options, (request: IncomingMessage, socket, head) => {
    if (sockets.clients.size >= limits.sockets) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit('connection', opened, request));
  });
  return { close: () => closeAll(sockets) };
}

/** When a verified token ends, in milliseconds since 1970. */
function expiryOf(token: string): number {
  return (decodeJwt(token).exp ?? 0) * 1_000;
}

/** One of a person's places for connections, and how to give it back; undefined where all are taken. */
function seatOf(people: Map<string, number>, person: string, limit: number): (() => void) | undefined {
  const held = people.get(person) ?? 0;
  if (held >= limit) return undefined;
  people.set(person, held + 1);
  return () => {
    const left = (people.get(person) ?? 1) - 1;
    if (left > 0) people.set(person, left);
    else people.delete(person);
  };
}

const CLOSE_GRACE_MS = 1_000;

async function closeAll(sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.close(CLOSE.goingAway, 'Going away');
  const hard = setTimeout(() => sockets.clients.forEach((socket) => socket.terminate()), CLOSE_GRACE_MS);
  await new Promise<void>((resolve) => sockets.close(() => resolve()));
  clearTimeout(hard);
}
