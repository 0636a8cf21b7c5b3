import { describe, expect, it } from '@jest/globals';

import { envelopeFileName, readEnvelope } from './envelope';

const statement = { _type: 'https://in-toto.io/Statement/v1', predicate: { gate: 'plan', revision: 2, actor: { id: 'Zoë' } } };
const envelope = (payload: string) => JSON.stringify({ payload, payloadType: 'application/vnd.in-toto+json', signatures: [{ keyid: 'k1', sig: 's' }] });
const encoded = (text: string) => Buffer.from(text, 'utf8').toString('base64');

describe('an envelope', () => {
  it('is read as what was signed, by which key', () => {
    const read = readEnvelope(envelope(encoded(JSON.stringify(statement))));
    expect(read).toMatchObject({ payloadType: 'application/vnd.in-toto+json', keyId: 'k1', gate: 'plan', revision: '2' });
    expect(JSON.parse(read?.statement ?? '')).toEqual(statement);
  });

  it('whose payload is no JSON is shown as it is', () => {
    expect(readEnvelope(envelope(encoded('not json')))?.statement).toBe('not json');
  });

  it.each(['', 'x', '[]', '{}', envelope('***'), envelope(''), envelope('/w=='), '{"payload":1}'])('is not made out of %j', (document) => {
    expect(readEnvelope(document)?.gate ?? '').toBe('');
  });

  it('gets a file name that stays in its folder', () => {
    const read = readEnvelope(envelope(encoded(JSON.stringify({ predicate: { gate: '../../x', revision: 2 } }))));
    expect(envelopeFileName('req-1', 7, read)).toBe('req-1-x-2-7.dsse.json');
    expect(envelopeFileName('req-1', 7, undefined)).toBe('req-1-7.dsse.json');
  });
});
