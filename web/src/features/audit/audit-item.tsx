import { isOutdatedEntry, placeWords, signatureState, type SignatureState, signatureWords } from '../gate/decision-words';
import type { IconName } from '../page/icon';
import { Mark, type Tone } from '../page/tone';
import { CodeBlock, Quoted } from '../text/quoted';
import { When } from '../time/when';
import type { AuditEntry, GateRevision } from './audit-pages';
import { envelopeFileName, readEnvelope } from './envelope';

const LOOKS: Readonly<Record<SignatureState, readonly [IconName, Tone]>> = {
  valid: ['check', 'signed'],
  bad: ['cross', 'refused'],
  erased: ['minus', 'waiting'],
  none: ['circle', 'muted'],
};

/** The signed document: what it says, and the file as it is. */
function Envelope({ requestId, seq, document }: { readonly requestId: string; readonly seq: number; readonly document: string }) {
  const read = readEnvelope(document);
  // Encoding refuses half of a surrogate pair, which no genuine envelope holds.
  const href = `data:application/json;charset=utf-8,${encodeURIComponent(document.toWellFormed())}`;
  return (
    <details className="mt-1">
      <summary className="text-13 text-info">What was signed</summary>
      <div className="mt-2 grid min-w-0 gap-2 text-13">
        {read ? <p className="text-muted [overflow-wrap:anywhere]">{read.payloadType} · signed with key <code>{read.keyId}</code></p> : <p className="text-refused">This is no envelope that can be read.</p>}
        <CodeBlock label={`Signed statement of entry ${seq}`}>{read?.statement ?? document}</CodeBlock>
        <p><a className="link" href={href} download={envelopeFileName(requestId, seq, read)} data-testid="download-envelope">Download the envelope<span className="sr-only"> of entry {seq}</span></a></p>
      </div>
    </details>
  );
}

/** What was erased says so, whether it was signed or not. */
function lookOf(entry: AuditEntry): { readonly state: SignatureState; readonly words: string } {
  const state = signatureState(entry);
  return entry.erased && state === 'none' ? { state: 'erased', words: 'payload erased' } : { state, words: signatureWords(entry) };
}

/** Who did what and when, whether its signature counts, and where the log holds it. */
export function AuditItem({ requestId, entry, gates }: { readonly requestId: string; readonly entry: AuditEntry; readonly gates: readonly GateRevision[] }) {
  const { seq, at, type, actor, text, document, signature, place } = entry;
  const { state, words } = lookOf(entry);
  const [icon, tone] = LOOKS[state];
  return (
    <li className="grid min-w-0 gap-x-4 gap-y-0.5 border-b border-line py-2 text-14 sm:grid-cols-[9rem_minmax(0,1fr)]" data-testid="audit-entry" data-type={type} data-signature={signature ?? ''} data-state={state} data-index={place?.index ?? ''}>
      <span className="text-13 text-muted"><When at={at} /></span>
      <div className="min-w-0">
        <p><Quoted>{text}</Quoted>{isOutdatedEntry(entry, gates) ? <span className="text-waiting"> (outdated)</span> : null}{actor ? <span className="text-muted"> · by <Quoted>{actor}</Quoted></span> : <span className="text-muted"> · by Countersign itself</span>}</p>
        <p className="flex flex-wrap gap-x-3 text-13 text-muted">
          <code><Quoted>{type}</Quoted></code>
          <Mark icon={icon} tone={tone} isWrapping>{words}</Mark>
          {signature && signature !== 'valid' ? <code>{signature}</code> : null}
          <span className="[overflow-wrap:anywhere]">{place ? <>in the log: {placeWords(place)}</> : placeWords(place)}</span>
        </p>
        {document ? <Envelope requestId={requestId} seq={seq} document={document} /> : null}
      </div>
    </li>
  );
}
