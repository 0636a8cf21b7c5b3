import type { ArtifactRef, Facts } from '@countersign/domain';
import type { RequestRecordsPort, RunRef, StoredFact } from '@countersign/workflow-contracts';

const MAX_KEPT = 1000;

/**
 * Measures once per key. Which key has which fact is remembered by this worker; after its restart a check may run
 * again, and the fact stored first still answers.
 */
export class FactMemo {
  readonly #ids = new Map<string, string>();

  constructor(private readonly records: RequestRecordsPort) {}

  async once(requestId: string, run: RunRef, key: string, measure: () => Promise<Facts['checks']>): Promise<StoredFact<'checks'>> {
    const place = JSON.stringify([requestId, key]);
    const known = this.#ids.get(place);
    const earlier = known === undefined ? undefined : await this.records.getFact(requestId, run, 'checks', known);
    if (earlier) return earlier;
    const data = await measure();
    const artifacts = data.results.flatMap(({ log }): readonly ArtifactRef[] => (log ? [log] : []));
    const { id } = await this.records.putFact(requestId, run, { kind: 'checks', key, data, artifacts });
    this.#remember(place, id);
    // Another attempt may have stored its measurement first: that one counts.
    return (await this.records.getFact(requestId, run, 'checks', id)) ?? { id, kind: 'checks', data };
  }

  #remember(place: string, id: string): void {
    this.#ids.set(place, id);
    const [oldest] = this.#ids.keys();
    if (this.#ids.size > MAX_KEPT && oldest !== undefined) this.#ids.delete(oldest);
  }
}
