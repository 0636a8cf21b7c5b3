import { AppError } from '@countersign/domain';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';

export type TemporalSettings = {
  /** host:port */
  readonly address: string;
  readonly namespace: string;
};

export type TemporalHandle = {
  readonly client: Client;
  readonly connection: Connection;
  close(): Promise<void>;
};

/** A client that connects at its first call, so a service starts without Temporal and goes on when it comes. */
export function connectTemporal({ address, namespace }: TemporalSettings): TemporalHandle {
  const connection = Connection.lazy({ address, connectTimeout: '10s' });
  return { client: new Client({ connection, namespace }), connection, close: () => connection.close() };
}

// CANCELLED (a deadline of ours), DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE.
const PASSING_STATUSES: ReadonlySet<number> = new Set([1, 4, 8, 14]);

/** Whether Temporal could not be reached or did not answer in time; by gRPC status, through wrapping errors. */
export function isTemporalUnavailable(error: unknown): boolean {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth += 1) {
    if (isGrpcServiceError(current)) return PASSING_STATUSES.has(current.code);
  }
  return false;
}

/** The same failure as our own error where Temporal was out of reach, else the error itself. */
export function toTemporalError(error: unknown): unknown {
  if (!isTemporalUnavailable(error)) return error;
  return new AppError('TEMPORAL_UNAVAILABLE', 'Temporal cannot be reached', { cause: error });
}
