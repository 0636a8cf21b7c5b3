import 'reflect-metadata';

import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type MicroserviceOptions, ServerTCP, type TcpOptions } from '@nestjs/microservices';

import { errnoOf } from '../errno.js';
import type { Logger } from '../logging/logger.js';
import { NestPinoLogger } from '../logging/nest-pino-logger.js';
import type { NoteRefusal } from '../refusals/refusals.js';
import type { TokenVerifier } from '../tokens/token-verifier.js';
import { PromptSocket } from './prompt-socket.js';
import { type CallerOf, RpcAuthGuard, verifiedCaller } from './rpc-auth.guard.js';
import { RpcErrorFilter } from './rpc-error.filter.js';
import { RpcReplyInterceptor } from './rpc-reply.interceptor.js';

const DRAIN_MS = 5_000;

export type RpcServerOptions = {
  readonly module: Type<unknown> | DynamicModule;
  /** 0 takes a free one. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly verifier: Pick<TokenVerifier, 'verify'>;
  /** Told of each call whose sender is not verified. */
  readonly refused?: NoteRefusal;
  /** The guard of the port; default, and in every service of ours, `verifiedCaller`. */
  readonly callerOf?: CallerOf;
  readonly logger: Logger;
};

export type RpcServer = {
  readonly host: string;
  readonly port: number;
  /** Waits up to five seconds for calls being answered, then runs the module's shutdown hooks. Safe to call twice. */
  close(): Promise<void>;
};

/** Nest logs a malformed frame with its content, and a frame holds a credential: only the error's name is logged. */
class QuietServerTcp extends ServerTCP {
  constructor(
    options: NonNullable<TcpOptions['options']>,
    private readonly log: Logger,
  ) {
    super(options);
  }

  protected override handleError(error: unknown): void {
    this.log.warn({ code: errnoOf(error), type: error instanceof Error ? error.name : typeof error }, 'a connection failed');
  }
}

/** Starts one service's RPC port; several in one process do not disturb each other. Rejects where the port is taken. */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const { host = '127.0.0.1', port, module, verifier, logger } = options;
  const strategy = new QuietServerTcp({ host, port, socketClass: PromptSocket }, logger);
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(module, {
    strategy,
    logger: new NestPinoLogger(logger.child({}, { level: 'warn' })),
    abortOnError: false,
  });
  const replies = new RpcReplyInterceptor();
  app.useGlobalGuards(new RpcAuthGuard(verifier, options.callerOf ?? verifiedCaller, options.refused ?? (() => undefined)));
  app.useGlobalInterceptors(replies);
  app.useGlobalFilters(new RpcErrorFilter(logger));
  try {
    await app.listen();
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }

  const address = strategy.unwrap<{ address(): { port: number } }>().address();
  let closing: Promise<void> | undefined;
  return {
    host,
    port: address.port,
    close: () => (closing ??= drained(replies).then(() => app.close())),
  };
}

async function drained(replies: RpcReplyInterceptor): Promise<void> {
  const deadline = Date.now() + DRAIN_MS;
  while (replies.openCalls > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
}
