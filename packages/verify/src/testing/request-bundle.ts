import { type BundleValue, MadeLog } from './made-log.js';
import { canonical } from './signing.js';

export type MadeRequest = {
  readonly log: MadeLog;
  readonly indexes: readonly number[];
  readonly documents: readonly Buffer[];
  /** Leaf indexes by what they hold, `plan 1`, `plan passed` and so on. */
  readonly at: Readonly<Record<string, number>>;
};

const documentOf = (gate: string): Buffer => Buffer.from(canonical({ v: 1, gate, text: `What the ${gate} says` }));

/** Who approves at each gate; undefined is the policy. */
const DECIDERS = { spec: ['person-ada'], plan: ['person-ada', 'person-bo'], diff: [undefined], merge: ['person-bo'] } as const;

/** A request that went through every gate, in a log with sixty entries of others. */
export function aRequestLog(log = new MadeLog()): MadeRequest {
  const at: Record<string, number> = {};
  const others = (count: number): void => {
    for (let left = count; left > 0; left -= 1) log.note('signed-in');
  };
  at['keys'] = log.append({ type: 'keys', at: '2026-11-21T07:00:00.000Z' }, log.publish());
  others(20);
  at['created'] = log.note('transition', { to: 'SPECIFYING' });
  const documents = Object.entries(DECIDERS).map(([gate, people]) => {
    const document = documentOf(gate);
    const decisions = people.map((person, index) => (at[`${gate} ${index + 1}`] = log.decide({ gate, document, ...(person && { person }) })));
    at[`${gate} passed`] = log.pass(gate, document, decisions);
    others(10);
    return document;
  });
  log.publish();
  return { log, indexes: Object.values(at).sort((a, b) => a - b), documents, at };
}

/** The request's bundle with an earlier checkpoint, as a value to be changed; `bundleText` writes it. */
export function aRequestBundle(made: MadeRequest = aRequestLog()): BundleValue {
  return made.log.bundle(made.indexes, made.documents, 20);
}

export const bundleText = (value: unknown): string => canonical(value);
