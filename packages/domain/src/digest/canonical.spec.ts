import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { AppError } from '../errors.js';
import { canonicalText, digestOf } from './canonical.js';
import { updateIdOf } from './update-id.js';

type Vector = { readonly name: string; readonly value: unknown; readonly text: string; readonly sha256: string };
const vectors = JSON.parse(readFileSync(join(__dirname, 'vectors.json'), 'utf8')) as readonly Vector[];

describe('canonical JSON', () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))('writes the committed bytes: %s', (_name, vector) => {
    expect(canonicalText(vector.value)).toBe(vector.text);
    expect(digestOf(vector.value)).toBe(vector.sha256);
  });

  it.each([
    ['undefined', { a: undefined }],
    ['a fraction', { a: 1.5 }],
    ['an unsafe integer', { a: 2 ** 53 }],
    ['minus zero', { a: -0 }],
    ['NaN', [Number.NaN]],
    ['a Date', { at: new Date(0) }],
    ['a Map', new Map()],
    ['a class instance', new (class A {})()],
    ['a lone surrogate', ['\ud800']],
    ['a lone surrogate as key', { '\ud800': 1 }],
    ['a hole', [1, , 2]],
    ['a function', { f: () => 1 }],
    ['a bigint', { a: 1n }],
  ])('refuses %s', (_name, value) => {
    expect(() => canonicalText(value)).toThrow(AppError);
  });

  it('gives the same digest whatever the order of members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.integer()), (record) => {
        const turned = Object.fromEntries(Object.entries(record).reverse());
        expect(digestOf(turned)).toBe(digestOf(record));
      }),
    );
  });
});

describe('an update id', () => {
  it('is the same for the same stored bytes, and another for others', () => {
    expect(updateIdOf('a')).toMatch(/^decision:[0-9a-f]{64}$/);
    expect(updateIdOf('a')).toBe(updateIdOf('a'));
    expect(updateIdOf('a')).not.toBe(updateIdOf('b'));
  });
});
