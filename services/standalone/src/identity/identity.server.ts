import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { AppError } from '@countersign/domain';
import { errnoOf, type Logger, Secret } from '@countersign/platform';

import { AttemptLimit } from './attempt-limit.js';
import { sendText, setSecurityHeaders } from './http-exchange.js';
import { IdentityDatabase } from './identity-database.js';
import { STYLESHEET, STYLESHEET_PATH } from './identity.pages.js';
import { ensureIdentitySecrets, ensureOperatorKey } from './identity-secrets.js';
import { LoginController } from './login.controller.js';
import { createIssuer } from './oidc-issuer.js';
import { OPERATOR_PATH, OperatorController } from './operator.controller.js';
import { OperatorProofs } from './operator-proof.js';
import { OperatorSessions } from './operator-sessions.js';
import { SAMPLE_PEOPLE, SamplePeople, type SamplePerson } from './sample-people.js';

const LOOPBACK = '127.0.0.1';

export type IdentityOptions = {
  /** The issuer's address contains it, and tokens contain the issuer: it must stay the same across restarts. */
  readonly port: number;
  /** The role of the identity schema; `migrateIdentity` must have run. */
  readonly databaseUrl: string;
  readonly schema?: string;
  /** Gets `identity-secrets.json` and `sample-people.json`, both 0600. */
  readonly dataDir: string;
  /** The 0600 key that proves access to the data folder; made at first start. */
  readonly operatorKeyFile: string;
  /** Where the console answers: `http://{127.0.0.1,localhost}:<webPort>/auth/callback`. */
  readonly clients: { readonly webPort: number };
  /** An absolute URI such as `urn:countersign:api`: the audience of access tokens. */
  readonly apiAudience: string;
  readonly people?: readonly SamplePerson[];
  /** Told of each wrong password that was given for one of them. */
  readonly onRefused?: (subject: string) => void;
  readonly logger: Logger;
};

export type Identity = {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly consoleClient: { readonly id: string; readonly secret: Secret };
  /** Where the sample people's passwords are kept. */
  readonly passwordFile: string;
  /** Passwords made at this start, by person; empty at a later one. To be printed once. */
  readonly firstPasswords: Readonly<Record<string, string>>;
  close(): Promise<void>;
};

/**
 * Starts the embedded issuer on loopback: a stand-in for a real one, with the same tokens.
 *
 * @throws AppError PORT_TAKEN; DATABASE_UNAVAILABLE.
 */
export async function startIdentity(options: IdentityOptions): Promise<Identity> {
  const { port, dataDir, apiAudience, logger } = options;
  const issuer = `http://${LOOPBACK}:${port}`;
  const secrets = await ensureIdentitySecrets(dataDir);
  const operatorKey = await ensureOperatorKey(options.operatorKeyFile);
  const database = new IdentityDatabase(options.databaseUrl, logger, options.schema);
  try {
    const people = new SamplePeople(database, options.people ?? SAMPLE_PEOPLE, dataDir);
    const firstPasswords = await people.ensurePasswords();
    await database.sweep();

    const provider = createIssuer({
      issuer,
      apiAudience,
      webPort: options.clients.webPort,
      secrets,
      people,
      database,
      logger,
    });
    const login = new LoginController({ provider, people, attempts: new AttemptLimit(), onRefused: options.onRefused ?? (() => undefined), logger });
    const operator = new OperatorController({
      issuer,
      apiAudience,
      signingKey: secrets.signingKey,
      people,
      proofs: new OperatorProofs(operatorKey, issuer, database),
      sessions: new OperatorSessions(database),
      logger,
    });
    const server = createServer(routes({ issuer, login, operator, oidc: provider.callback(), logger }));
    await listen(server, port);
    return {
      issuer,
      jwksUri: `${issuer}/jwks`,
      consoleClient: { id: 'console', secret: new Secret(secrets.consoleSecret) },
      passwordFile: people.file,
      firstPasswords,
      close: async () => {
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        });
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

type Routes = {
  readonly issuer: string;
  readonly login: LoginController;
  readonly operator: OperatorController;
  readonly oidc: (request: IncomingMessage, response: ServerResponse) => unknown;
  readonly logger: Logger;
};

function routes({ issuer, login, operator, oidc, logger }: Routes) {
  const { host } = new URL(issuer);
  return (request: IncomingMessage, response: ServerResponse): void => {
    // A page elsewhere can point its own name at 127.0.0.1; it cannot choose what the browser sends as Host.
    if (request.headers.host !== host) return sendText(response, 421, `This server answers at ${issuer} only`);
    const { origin } = request.headers;
    if (request.method !== 'GET' && origin !== undefined && origin !== issuer) {
      return sendText(response, 403, 'Requests from other pages are not taken');
    }
    const target = request.url ?? '/';
    if (!target.startsWith('/') || !URL.canParse(target, issuer)) return sendText(response, 400, 'This is no address here');
    setSecurityHeaders(response);
    const url = new URL(target, issuer);
    if (url.pathname === STYLESHEET_PATH) {
      response.writeHead(200, { 'content-type': 'text/css; charset=utf-8' }).end(STYLESHEET);
    } else if (url.pathname.startsWith('/interaction/')) {
      void login.handle(request, response, url);
    } else if (url.pathname.startsWith(OPERATOR_PATH)) {
      void operator.handle(request, response, url.pathname);
    } else {
      Promise.resolve(oidc(request, response)).catch((error: unknown) => {
        logger.error({ err: error }, 'a sign-in request failed');
        response.destroy();
      });
    }
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const isTaken = errnoOf(error) === 'EADDRINUSE';
      reject(isTaken ? new AppError('PORT_TAKEN', `Port ${port} (identity) is in use`, { cause: error }) : error);
    });
    server.listen(port, LOOPBACK, resolve);
  });
}
