import { describe, expect, it } from '@jest/globals';

import { isSuccessor, KEY_LIST_TYPE, keyFault, type KeyUse, type ListedKey, publicKeyOf, readKeyList, rootOf } from './key-list.js';
import { aKeyPair, MADE_AT, MADE_ORIGIN, MadeLog, sealed } from './testing/index.js';

const code = (act: () => unknown): unknown => {
  try {
    act();
    return 'nothing';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('a key list', () => {
  const made = new MadeLog();
  const root = made.root.publicKey;
  const list = (keys: readonly unknown[], over: Record<string, unknown> = {}): Record<string, unknown> => ({
    v: 1, number: 1, at: MADE_AT, root: root.toString('base64'), keys, ...over,
  });
  const read = (value: unknown): unknown => code(() => readKeyList(sealed(KEY_LIST_TYPE, value, made.root), root));
  const good = made.listed(made.decisionKey, 'decision');

  it('is read under the root that signed it', () => {
    const text = made.publish();
    const keys = readKeyList(text, root);
    expect(keys.number).toBe(1);
    expect(Buffer.from(rootOf(text))).toEqual(root);
    expect(publicKeyOf(keys, made.logKey.id)).toEqual(made.logKey.publicKey);
    expect(publicKeyOf(keys, 'other')).toBeUndefined();
  });

  it('is refused under another root', () => {
    const other = aKeyPair('other root');
    expect(code(() => readKeyList(made.publish(), other.publicKey))).toBe('ROOT_MISMATCH');
    expect(code(() => readKeyList(sealed(KEY_LIST_TYPE, list([good]), other), root))).toBe('ROOT_MISMATCH');
    expect(code(() => readKeyList(sealed(KEY_LIST_TYPE, list([good]), other, made.root.id), root))).toBe('SIGNATURE_INVALID');
    expect(read(list([good], { root: other.publicKey.toString('base64') }))).toBe('ROOT_MISMATCH');
  });

  it.each([
    ['another id than the thumbprint', [{ ...good, id: made.logKey.id }]],
    ['a key twice', [good, good]],
    ['an unknown purpose', [{ ...good, purpose: 'root' }]],
    ['an unknown member', [{ ...good, note: 'x' }]],
    ['a time without milliseconds', [{ ...good, from: '2026-11-21T08:54:22Z' }]],
    ['a time that does not exist', [{ ...good, from: '2026-02-30T08:54:22.123Z' }]],
    ['a time in another zone', [{ ...good, from: '2026-11-21T08:54:22.123+01:00' }]],
    ['a revocation without good sizes', [{ ...good, revoked: { from: MADE_AT, reason: 'compromised' } }]],
    ['a superseded key with good sizes', [{ ...good, revoked: { from: MADE_AT, reason: 'superseded', good: {} } }]],
    ['a negative good size', [{ ...good, revoked: { from: MADE_AT, reason: 'compromised', good: { a: -1 } } }]],
    ['a short key', [{ ...good, public: Buffer.alloc(31).toString('base64') }]],
  ])('is refused with %s', (_name, keys) => {
    expect(read(list([good]))).toBe('nothing');
    expect(read(list(keys))).toBe('MALFORMED');
  });

  it('is refused with the number 0, another version or another payload type', () => {
    expect(read(list([good], { number: 0 }))).toBe('MALFORMED');
    expect(read(list([good], { v: 2 }))).toBe('MALFORMED');
    expect(code(() => readKeyList(sealed('application/json', list([good]), made.root), root))).toBe('MALFORMED');
  });
});

describe('whether a key counts', () => {
  const made = new MadeLog();
  const verdict = (over: Partial<ListedKey>, use: Partial<KeyUse> = {}): unknown => {
    const keys = readKeyList(made.publish([made.listed(made.decisionKey, 'decision', over)]), made.root.publicKey);
    return keyFault(keys, made.decisionKey.id, { purpose: 'decision', at: MADE_AT, ...use } as KeyUse);
  };
  const before = '2026-11-21T07:59:59.999Z';
  const after = '2026-11-21T08:00:00.001Z';

  it('does within its time, from the first millisecond to before the last', () => {
    expect(verdict({ from: MADE_AT, to: after })).toBeUndefined();
    expect(verdict({ from: after })).toBe('KEY_NOT_VALID_THEN');
    expect(verdict({ to: MADE_AT })).toBe('KEY_NOT_VALID_THEN');
  });

  it('does before it was superseded and not after', () => {
    expect(verdict({ revoked: { from: after, reason: 'superseded' } })).toBeUndefined();
    expect(verdict({ revoked: { from: MADE_AT, reason: 'superseded' } })).toBe('KEY_NOT_VALID_THEN');
    expect(verdict({ revoked: { from: before, reason: 'superseded' } })).toBe('KEY_NOT_VALID_THEN');
  });

  it('does, once compromised, only within the good part of a log that is named, whatever time it states', () => {
    const revoked = { from: before, reason: 'compromised', good: { [MADE_ORIGIN]: 5 } } as const;
    expect(verdict({ revoked }, { origin: MADE_ORIGIN, index: 4 })).toBeUndefined();
    expect(verdict({ revoked }, { origin: MADE_ORIGIN, index: 4, at: '2020-01-01T00:00:00.000Z' })).toBeUndefined();
    expect(verdict({ revoked }, { origin: MADE_ORIGIN, index: 5, at: '2026-11-20T00:00:00.000Z' })).toBe('KEY_REVOKED');
    expect(verdict({ revoked }, { origin: 'another.example/log/tenant-1/1', index: 0 })).toBe('KEY_REVOKED');
    expect(verdict({ revoked }, { origin: 'toString', index: 0 })).toBe('KEY_REVOKED');
    expect(verdict({ revoked }, { origin: MADE_ORIGIN })).toBe('KEY_REVOKED');
    expect(verdict({ revoked })).toBe('KEY_REVOKED');
  });

  it('does for its own purpose only, and only where it is listed', () => {
    const keys = readKeyList(made.publish(), made.root.publicKey);
    expect(verdict({}, { purpose: 'log' })).toBe('KEY_PURPOSE');
    expect(keyFault(keys, made.logKey.id, { purpose: 'decision', at: MADE_AT })).toBe('KEY_PURPOSE');
    expect(keyFault(keys, aKeyPair('nobody').id, { purpose: 'decision', at: MADE_AT })).toBe('KEY_UNKNOWN');
  });
});

describe('a later key list', () => {
  const made = new MadeLog();
  const key = made.listed(made.decisionKey, 'decision');
  const revoked = { from: MADE_AT, reason: 'superseded' } as const;
  const compromised = { from: MADE_AT, reason: 'compromised', good: {} } as const;
  const follows = (earlier: readonly ListedKey[], later: readonly ListedKey[], number = 2): boolean => {
    const read = (keys: readonly ListedKey[], at: number) => readKeyList(made.publish(keys, { number: at }), made.root.publicKey);
    return isSuccessor(read(earlier, 1), read(later, number));
  };

  it('may add a key, end one and revoke one', () => {
    expect(follows([key], [key, made.listed(made.logKey, 'log')])).toBe(true);
    expect(follows([key], [{ ...key, to: MADE_AT }])).toBe(true);
    expect(follows([key], [{ ...key, revoked }])).toBe(true);
    expect(follows([{ ...key, revoked }], [{ ...key, revoked: compromised }])).toBe(true);
  });

  it('may not have a number that is not higher, lose or change a key, or take a revocation back', () => {
    expect(follows([key], [key], 1)).toBe(false);
    expect(follows([key], [])).toBe(false);
    expect(follows([key], [{ ...key, purpose: 'log' }])).toBe(false);
    expect(follows([key], [{ ...key, from: MADE_AT }])).toBe(false);
    expect(follows([{ ...key, revoked }], [key])).toBe(false);
    expect(follows([{ ...key, revoked: compromised }], [{ ...key, revoked }])).toBe(false);
    const list = readKeyList(made.publish([key]), made.root.publicKey);
    const later = { ...list, number: list.number + 1 };
    const other = made.logKey.publicKey.toString('base64');
    expect(isSuccessor(list, later)).toBe(true);
    expect(isSuccessor(list, { ...later, root: other })).toBe(false);
    expect(isSuccessor(list, { ...later, keys: [{ ...key, public: other }] })).toBe(false);
  });
});
