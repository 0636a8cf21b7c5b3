import { AppError, type Viewer } from '@countersign/domain';
import type { PersonCaller } from '@countersign/platform';
import type { ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import type { Request, Response } from 'express';

import type { Services } from '../services.js';

/** Who sent one HTTP request. Made anew for each and never shared. */
export type SignedIn = {
  readonly caller: PersonCaller;
  /** Asked once for each HTTP request, so a suspension counts at the next one. */
  viewer(): Promise<Viewer>;
};

export type RequestWithPerson = Request & { signedIn?: SignedIn; isCounted?: boolean };

/** What resolvers, guards and plugins share during one GraphQL operation. */
export type GraphqlContext = { readonly req: RequestWithPerson; readonly res: Response };

export function signIn(caller: PersonCaller, services: Services): SignedIn {
  let asked: Promise<Viewer> | undefined;
  return {
    caller,
    viewer: () => (asked ??= services.projects.call('people.me', {}, caller.token)),
  };
}

export function requestOf(context: ExecutionContext): GraphqlContext {
  if (context.getType<string>() === 'graphql') return GqlExecutionContext.create(context).getContext<GraphqlContext>();
  const http = context.switchToHttp();
  return { req: http.getRequest<RequestWithPerson>(), res: http.getResponse<Response>() };
}

/** @throws AppError UNAUTHENTICATED where nobody signed in. */
export function signedInOf(context: ExecutionContext): SignedIn {
  const { signedIn } = requestOf(context).req;
  if (!signedIn) throw new AppError('UNAUTHENTICATED', 'Sign in first');
  return signedIn;
}
