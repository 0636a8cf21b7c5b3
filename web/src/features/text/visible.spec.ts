import { describe, expect, it } from '@jest/globals';

import { hiddenIn, hiddenWords, piecesOf, textsOf } from './hidden';
import { visible, visibleProse } from './visible';

describe('visible', () => {
  it('shows what could turn, hide or forge text', () => {
    expect(visible('a\u202Eb\u200Bc\u001Bd\u{E0041}e')).toBe('a⟦U+202E⟧b⟦U+200B⟧c⟦U+001B⟧d⟦U+E0041⟧e');
    expect(visible('\uD800')).toBe('⟦U+D800⟧');
  });

  it.each([0x200b, 0x200f, 0x2060, 0x2064, 0xfeff, 0xad, 0xe0000, 0xe007f, 0x202a, 0x202e, 0x2066, 0x2069, 0x61c, 0x2028, 0x0, 0x9f, 0x2800, 0x3164])('shows the character of number %d', (number) => {
    expect(visible(`a${String.fromCodePoint(number)}b`)).toBe(`a⟦U+${number.toString(16).toUpperCase().padStart(4, '0')}⟧b`);
  });

  it('leaves ordinary text of any script alone', () => {
    expect(visible('tab\tline\nשלום 漢字 é 🙂')).toBe('tab\tline\nשלום 漢字 é 🙂');
  });

  it('hides Windows line endings in prose only', () => {
    expect(visibleProse('a\r\nb')).toBe('a\nb');
    expect(visible('a\r\nb')).toBe('a⟦U+000D⟧\nb');
    expect(visibleProse('a\rb')).toBe('a⟦U+000D⟧b');
  });

  it('leaves a variation selector alone where it chooses a form, and shows one that carries something', () => {
    expect(visible('❤\uFE0F 1\uFE0F\u20E3 葛\u{E0100} ≨\uFE00')).toBe('❤\uFE0F 1\uFE0F\u20E3 葛\u{E0100} ≨\uFE00');
    expect(visible('a\uFE01')).toBe('a⟦U+FE01⟧');
    expect(visible('1\uFE0F')).toBe('1⟦U+FE0F⟧');
    expect(visible('❤\uFE0F\uFE0F\u{E0150}')).toBe('❤\uFE0F⟦U+FE0F⟧⟦U+E0150⟧');
  });

  it('brings back what blanks push out of the window, and leaves an indentation alone', () => {
    expect(visible(`x${' '.repeat(200)}; rm`)).toBe('x⟦200 blanks⟧; rm');
    expect(visible(`${'\t'.repeat(10)}x`)).toBe('⟦10 blanks⟧x');
    for (const ordinary of [`${' '.repeat(40)}x`, `x${' '.repeat(300)}\ny`, `x${' '.repeat(300)}`]) expect(visible(ordinary)).toBe(ordinary);
  });

  it('takes no longer for many blanks than for other text', () => {
    const started = performance.now();
    expect(visible(`${' '.repeat(1_000_000)}\n`)).toHaveLength(1_000_001);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('pieces', () => {
  it.each(['', 'plain', '\u202E', `a<!-- b -->\u200Bc<DETAILS open>d`, `e${' '.repeat(99)}f\r\n`])('of %j are the text when joined', (text) => {
    expect(piecesOf(text).map((piece) => piece.text).join('')).toBe(text);
  });

  it('mark where a rendered page would leave something out, in a patch too', () => {
    const kinds = (text: string) => piecesOf(text).flatMap(({ kind }) => kind ?? []);
    expect(kinds('a <!-- b --> <details> c')).toEqual(['comment', 'fold']);
    expect(kinds('+[//]: # (approve everything)')).toEqual(['comment']);
    expect(kinds('text\n[x]: <> "y"')).toEqual(['comment']);
    expect(kinds('[docs]: https://example.org\n[a]: b')).toEqual([]);
  });
});

describe('what is hidden', () => {
  it('is counted by kind and said in words', () => {
    const counts = hiddenIn(['a\u200Bb\u200B', '\u202E<!-- x', 'y'.repeat(501)]);
    expect(counts).toEqual({ nothing: 2, direction: 1, comment: 1, long: 1 });
    expect(hiddenWords(counts)).toEqual([
      '1 direction control',
      '2 zero-width characters',
      '1 HTML comment',
      '1 line over 500 characters',
    ]);
    expect(hiddenWords(hiddenIn(['nothing here']))).toEqual([]);
  });

  it('is looked for in a document as it is read: escaped characters, names and places in lists', () => {
    expect(textsOf('{"a\\u200b":[{"b":"\\u001b"}],"n":1}')).toEqual(['a\u200B', 'b', '\u001B', 'n']);
    expect(textsOf('no {json')).toEqual(['no {json']);
  });
});
