import { AppError, isErrorCode } from '@countersign/domain';
import { z } from 'zod';

/** Largest message, as UTF-16 units of its JSON (what Nest's framing counts). */
export const MAX_MESSAGE_CHARS = 8 * 1024 * 1024;
/** Room for the packet round the message, so that a size is always refused by name and not by a cut connection. */
export const MAX_FRAME_CHARS = MAX_MESSAGE_CHARS + 64 * 1024;

/** What a caller sends. `credential` is a person's access token or a service token for the called service. */
export const rpcEnvelope = z.object({ credential: z.string().min(1), input: z.unknown() });

const rpcFault = z.object({
  code: z.string(),
  message: z.string(),
  field: z.string().optional(),
  details: z.unknown().optional(),
});
export type RpcFault = z.infer<typeof rpcFault>;

export const rpcReply = z.discriminatedUnion('ok', [
  // JSON has no undefined: an empty answer is an absent field.
  z.object({ ok: z.literal(true), output: z.unknown().optional() }),
  z.object({ ok: z.literal(false), error: rpcFault }),
]);
export type RpcReply = { readonly ok: true; readonly output: unknown } | { readonly ok: false; readonly error: RpcFault };

/** Causes and stack traces stay with the service that has them. */
export function toFault(error: AppError): RpcFault {
  return {
    code: error.code,
    message: error.message,
    ...(error.field === undefined ? {} : { field: error.field }),
    ...(error.details === undefined ? {} : { details: error.details }),
  };
}

/** The same error on the caller's side; a code that this version does not know becomes INTERNAL. */
export function fromFault({ code, message, field, details }: RpcFault): AppError {
  return new AppError(isErrorCode(code) ? code : 'INTERNAL', message, {
    ...(field === undefined ? {} : { field }),
    ...(details === undefined ? {} : { details }),
  });
}

/** @throws AppError INVALID_INPUT naming the first broken field and every rule. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => (path.length ? `${path.join('.')}: ${message}` : message));
  const field = parsed.error.issues[0]?.path.join('.');
  throw new AppError('INVALID_INPUT', faults.slice(0, 10).join('; '), field ? { field } : {});
}
