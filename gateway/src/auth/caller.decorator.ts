import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

import { signedInOf } from './signed-in.js';

/** The person's own access token, to pass on. */
export const Credential = createParamDecorator((_: unknown, context: ExecutionContext): string => signedInOf(context).caller.token);

/** The person as services/projects knows them now. */
export const CurrentViewer = createParamDecorator((_: unknown, context: ExecutionContext) => signedInOf(context).viewer());
