import type { z } from 'zod';

/** Who may call a method: a signed-in person (their access token travels) or a named service. */
export const CALLERS = ['person', 'gateway', 'requests', 'projects', 'worker', 'operator'] as const;
export type CallerName = (typeof CALLERS)[number];

export type RpcMethod = { readonly input: z.ZodType; readonly output: z.ZodType; readonly callers: readonly CallerName[] };
export type RpcContract = Readonly<Record<string, RpcMethod>>;

export type RpcInput<C extends RpcContract, N extends keyof C> = z.input<C[N]['input']>;
export type RpcOutput<C extends RpcContract, N extends keyof C> = z.output<C[N]['output']>;

/** A wire version: changed only when an old caller could no longer be understood. */
export const RPC_VERSION = 1;

export function rpc<I extends z.ZodType, O extends z.ZodType>(
  callers: readonly CallerName[],
  input: I,
  output: O,
): { readonly input: I; readonly output: O; readonly callers: readonly CallerName[] } {
  return { callers, input, output };
}
