import { describe, expect, it } from '@jest/globals';

import { isSignature, isSignedBy, keyIdOf, openEnvelope, preAuthEncoding } from './envelope.js';
import { aKeyPair, canonical, sealed } from './testing/index.js';

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** RFC 8032, 7.1, tests 1 and 2. */
const VECTORS = [
  ['9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', '', 'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'],
  ['4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', '72', '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'],
] as const;

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

describe('signatures', () => {
  it.each(VECTORS)('holds for the known key %s', (seed, key, message, signature) => {
    expect(aKeyPair(bytes(seed)).publicKey.toString('hex')).toBe(key);
    expect(isSignature(bytes(message), bytes(signature), bytes(key))).toBe(true);
    expect(isSignature(bytes(`${message}00`), bytes(signature), bytes(key))).toBe(false);
    expect(isSignature(bytes(message), bytes(signature), bytes(key).subarray(1))).toBe(false);
  });

  it('has one form only: the same signature plus the order of the group does not hold', () => {
    const [[, key, message, signature]] = VECTORS;
    const scalar = BigInt(`0x${bytes(signature).subarray(32).reverse().toString('hex')}`) + ORDER;
    const second = Buffer.concat([bytes(signature).subarray(0, 32), bytes(scalar.toString(16).padStart(64, '0')).reverse()]);
    expect(isSignature(bytes(message), second, bytes(key))).toBe(false);
  });

  it('covers the type and the length of the payload', () => {
    expect(preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world')).toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  });

  it('names a key by the thumbprint of RFC 8037', () => {
    expect(keyIdOf(bytes(VECTORS[0][1]))).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });
});

describe('envelopes', () => {
  const key = aKeyPair('somebody');
  const text = sealed('text/x', { a: 1 }, key);
  const parts = JSON.parse(text) as { payload: string; payloadType: string; signatures: { keyid: string; sig: string }[] };
  const [signature] = parts.signatures;
  const refused = (value: unknown): unknown => {
    try {
      return openEnvelope(typeof value === 'string' ? value : canonical(value));
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it('opens what was sealed, and only by its own key', () => {
    const opened = openEnvelope(text);
    expect(opened).toMatchObject({ payloadType: 'text/x', keyid: key.id });
    expect(opened.payload.toString()).toBe('{"a":1}');
    expect(isSignedBy(opened, key.publicKey)).toBe(true);
    expect(isSignedBy(opened, aKeyPair('somebody else').publicKey)).toBe(false);
    expect(isSignedBy({ ...opened, payloadType: 'text/y' }, key.publicKey)).toBe(false);
  });

  it.each([
    ['a second signature', { ...parts, signatures: [signature, signature] }],
    ['no signature', { ...parts, signatures: [] }],
    ['an unknown member', { ...parts, note: 'x' }],
    ['an unknown member of the signature', { ...parts, signatures: [{ ...signature, cert: 'x' }] }],
    ['a missing member', { payload: parts.payload, signatures: parts.signatures }],
    ['base64 without padding', { ...parts, payload: parts.payload.replace(/=+$/, '') }],
    ['base64url', { ...parts, signatures: [{ ...signature, sig: signature?.sig.replaceAll('/', '_').replaceAll('+', '-') }] }],
    ['base64 with a line end', { ...parts, payload: `${parts.payload}\n` }],
    ['a short signature', { ...parts, signatures: [{ ...signature, sig: Buffer.alloc(63).toString('base64') }] }],
    ['a list', [parts]],
    ['null', null],
  ])('refuses %s', (_name, value) => {
    expect(refused(value)).toBe('MALFORMED');
  });

  it.each([
    ['a space', ` ${text}`],
    ['a line end', `${text}\n`],
    ['a doubled member', text.replace('{', `{"payload":"${parts.payload}",`)],
    ['another order of members', JSON.stringify({ signatures: parts.signatures, payload: parts.payload, payloadType: parts.payloadType })],
    ['an escape that need not be', text.replace('text/x', 'text\\/x')],
    ['no JSON', 'x'],
  ])('refuses a text with %s', (_name, value) => {
    expect(refused(value)).toBe('NOT_CANONICAL');
  });
});
