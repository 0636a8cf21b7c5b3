import type { ArtifactRef, Facts } from '@countersign/domain';

import type { EgressReport } from './egress-log.js';

export type EgressFact = { readonly kind: 'egress'; readonly key: string; readonly data: Facts['egress']; readonly artifacts: readonly ArtifactRef[] };

export type EgressRecords = {
  readonly put: (bytes: Uint8Array, about: { readonly name: string; readonly mediaType: string }) => Promise<ArtifactRef>;
  readonly putFact: (fact: EgressFact) => Promise<unknown>;
};

/** Stores what a run asked of the network. A second call with the same reports stores nothing more. */
export async function storeEgress(reports: readonly EgressReport[], { put, putFact }: EgressRecords): Promise<void> {
  for (const { phase, allowed, refused, tunnels, refusedHosts, log: lines } of reports) {
    if (lines === '') continue;
    const log = await put(Buffer.from(lines), { name: `egress-${phase}.jsonl`, mediaType: 'application/jsonl' });
    await putFact({ kind: 'egress', key: `egress:${phase}:${log.sha256}`, data: { phase, allowed, refused, tunnels, refusedHosts, log }, artifacts: [log] });
  }
}
