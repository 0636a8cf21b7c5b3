import { parsedSubject } from '../subject/parsed-subject';

/** A signed document for reading. It verifies nothing: the entry says what the server found, `countersign verify` finds it again. */
export type ReadEnvelope = { readonly payloadType: string; readonly keyId: string; readonly statement: string; readonly gate: string; readonly revision: string };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

function decoded(base64: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/** Undefined where the text is no envelope at all. */
export function readEnvelope(document: string): ReadEnvelope | undefined {
  const envelope = parsedSubject(document);
  const payload = decoded(textOf(envelope?.['payload']));
  if (!envelope || !payload) return undefined;
  const [signature] = Array.isArray(envelope['signatures']) ? (envelope['signatures'] as unknown[]) : [];
  const statement = parsedSubject(payload);
  const predicate = isRecord(statement?.['predicate']) ? statement['predicate'] : {};
  return {
    payloadType: textOf(envelope['payloadType']),
    keyId: isRecord(signature) ? textOf(signature['keyid']) : '',
    statement: statement ? JSON.stringify(statement, null, 2) : payload,
    gate: textOf(predicate['gate']),
    revision: textOf(predicate['revision']),
  };
}

/** `<request>-<gate>-<revision>-<seq>.dsse.json`; nothing in it can name another folder. */
export function envelopeFileName(requestId: string, seq: number, read: ReadEnvelope | undefined): string {
  const parts = [requestId, ...(read ? [read.gate, read.revision] : []), String(seq)];
  return `${parts.map((part) => part.replace(/[^A-Za-z0-9_-]/g, '')).filter(Boolean).join('-')}.dsse.json`;
}
