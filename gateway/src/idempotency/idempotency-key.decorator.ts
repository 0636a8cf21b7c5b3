import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

import { requestOf } from '../auth/signed-in.js';

/**
 * The caller's `Idempotency-Key`, to pass on: the service stores it with what it makes, so that a retry is one act also
 * where this process was killed before it kept the answer. The plugin has refused a key in a wrong form.
 */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): string | undefined =>
  requestOf(context).req.get('idempotency-key'),
);
