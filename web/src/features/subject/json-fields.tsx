import { shortDigest } from '../gate/digest';
import { Quoted, QuotedBlock } from '../text/quoted';
import { durationText } from '../time/duration';

const WORDS: Readonly<Record<string, string>> = {
  v: 'Form',
  baseCommit: 'Base commit',
  headCommit: 'Head commit',
  allowedPaths: 'Paths it may touch',
  policyVersion: 'Policy version',
  targetRef: 'Target branch',
  targetTip: 'Tip of the target',
  mergedTree: 'Merged tree',
  checksDigest: 'Digest of the checks',
  acceptanceCriteria: 'Accepted when',
  outOfScope: 'Not part of it',
  costMicros: 'Money (millionths)',
  wallClockMs: 'Working time (ms)',
};

export function fieldWord(key: string): string {
  const known = Object.hasOwn(WORDS, key) ? WORDS[key] : undefined;
  if (known) return known;
  const spaced = key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** What a reader looks for first; the rest follows, the document's own form last. */
const FIRST = ['spec', 'goal', 'repository', 'targetRef', 'targetTip', 'head', 'mergedTree', 'baseCommit', 'headCommit', 'tree', 'allowedPaths', 'checks', 'checksDigest', 'budget'];
const LAST = ['request', 'gate', 'v'];

function rankOf(key: string): number {
  const first = FIRST.indexOf(key);
  if (first !== -1) return first;
  const last = LAST.indexOf(key);
  return last === -1 ? FIRST.length : FIRST.length + 1 + last;
}

const LIMITS: ReadonlySet<string> = new Set(['attempts', 'costMicros', 'tokens', 'wallClockMs']);

function Member({ name, value }: { readonly name: string; readonly value: unknown }) {
  if (value === null && LIMITS.has(name)) return <span>no limit</span>;
  if (name === 'wallClockMs' && typeof value === 'number') return <span className="tabular-nums">{value} ({durationText(value)})</span>;
  return <JsonValue value={value} />;
}

const HEX = /^[0-9a-f]{40,64}$/;
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

export function JsonValue({ value }: { readonly value: unknown }) {
  if (value === null || value === undefined) return <span className="text-muted">none</span>;
  if (typeof value === 'string') {
    if (value === '') return <span className="text-muted">empty</span>;
    if (HEX.test(value)) return <code title={value}>{shortDigest(value)}<span className="text-muted text-13"> {value}</span></code>;
    return value.includes('\n') ? <QuotedBlock>{value}</QuotedBlock> : <Quoted>{value}</Quoted>;
  }
  if (typeof value === 'number' || typeof value === 'boolean') return <span className="tabular-nums">{String(value)}</span>;
  if (Array.isArray(value)) {
    if (value.length === 0) return <span className="text-muted">none</span>;
    return <ul className="list-disc pl-5">{value.map((item: unknown, index) => <li key={index}><JsonValue value={item} /></li>)}</ul>;
  }
  return isRecord(value) ? <JsonFields record={value} /> : null;
}

/** Every member, whatever it is called: nothing of what is signed may stay out of sight. */
export function JsonFields({ record }: { readonly record: Readonly<Record<string, unknown>> }) {
  return (
    <dl className="grid gap-1.5 text-14">
      {Object.entries(record).sort(([a], [b]) => rankOf(a) - rankOf(b)).map(([key, value]) => (
        <div key={key} className="grid gap-x-4 sm:grid-cols-[10rem_minmax(0,1fr)]">
          <dt className="text-13 text-muted"><Quoted>{fieldWord(key)}</Quoted></dt>
          <dd className="min-w-0 [overflow-wrap:anywhere]"><Member name={key} value={value} /></dd>
        </div>
      ))}
    </dl>
  );
}
