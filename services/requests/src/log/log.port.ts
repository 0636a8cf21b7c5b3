import type { ProvenPlace } from '../signing/open-vote.js';

/** What the rest of the service asks of the transparency log. */
export interface LogPort {
  /** Where entries lie, by their payload's SHA-256: those that a signed checkpoint proves. Others are missing. */
  placesOf(tenantId: string, payloads: readonly string[]): Promise<ReadonlyMap<string, ProvenPlace>>;
  /** What is wrong with the tenant's log, in a sentence; null where nothing is. */
  faultOf(tenantId: string): Promise<string | null>;
}
