import { type KeyList, KEY_LIST_TYPE, openEnvelope, readKeyList, VerifyFault, verifyStatementEnvelope } from '@countersign/verify';

import type { LogPlace } from '../signing/open-vote.js';

/** A sentence for people, and whether the signature counts: `valid`, or the code that says why not. */
export type ReadDocument = { readonly text: string; readonly signature: string };

/** What a payload that is a signed document says; undefined for any other payload. */
export function readDocument(payload: string, keys: { readonly list: KeyList; readonly root: Uint8Array }, place: LogPlace | undefined): ReadDocument | undefined {
  const type = payloadTypeOf(payload);
  if (type === undefined) return undefined;
  try {
    return { text: type === KEY_LIST_TYPE ? listText(readKeyList(payload, keys.root)) : statementText(payload, keys.list, place), signature: 'valid' };
  } catch (error) {
    if (!(error instanceof VerifyFault)) throw error;
    return { text: error.message, signature: error.code };
  }
}

function payloadTypeOf(payload: string): string | undefined {
  if (!payload.includes('"payloadType"')) return undefined;
  try {
    return openEnvelope(payload).payloadType;
  } catch (error) {
    if (error instanceof VerifyFault) return undefined;
    throw error;
  }
}

function listText({ number, keys }: KeyList): string {
  return `List number ${number} of signing keys (${keys.length} keys)`;
}

function statementText(envelope: string, list: KeyList, place: LogPlace | undefined): string {
  const { predicate } = verifyStatementEnvelope(envelope, list, place ?? {});
  const at = `${predicate.gate} gate, revision ${predicate.revision}`;
  if ('decisions' in predicate) return `The ${predicate.gate} gate passed (revision ${predicate.revision})`;
  const by = predicate.actor.kind === 'person' ? '' : ` by ${predicate.actor.kind}`;
  return `${predicate.verdict}${by} (${at})`;
}
