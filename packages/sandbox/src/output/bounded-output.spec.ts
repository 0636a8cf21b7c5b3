import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { BoundedOutput } from './bounded-output.js';
import { frameReader } from '../docker/docker-frames.js';

function frame(kind: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = kind;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

describe('frameReader', () => {
  it('reads the same frames however the stream is cut', () => {
    const whole = Buffer.concat([frame(1, 'out ä'), frame(2, ''), frame(2, 'err'), frame(1, 'more')]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 10 }), (cuts) => {
        const seen = { stdout: '', stderr: '' };
        const read = frameReader((bytes, stream) => (seen[stream] += bytes.toString('latin1')));
        const places = [0, ...cuts.sort((a, b) => a - b), whole.length];
        for (const [index, from] of places.slice(0, -1).entries()) read(whole.subarray(from, places[index + 1]));
        expect(seen).toEqual({ stdout: Buffer.from('out ämore').toString('latin1'), stderr: 'err' });
      }),
    );
  });
});

describe('BoundedOutput', () => {
  it('keeps everything up to the limit', () => {
    const output = new BoundedOutput(10);
    for (const text of ['01234', '56789']) output.add(Buffer.from(text));
    expect([output.text(), output.truncated]).toEqual(['0123456789', false]);
  });

  it('keeps start and end of more, says how much is left out, and takes a flood in linear time', () => {
    const output = new BoundedOutput(10);
    output.add(Buffer.from('start'));
    for (let count = 0; count < 200_000; count += 1) output.add(Buffer.from('x'));
    output.add(Buffer.from('the end'));
    expect(output.text()).toBe('start\n[… 200002 bytes left out …]\ne end');
    expect(output.truncated).toBe(true);
  });

  it('hands over whole characters, up to the limit once', () => {
    const seen: string[] = [];
    const output = new BoundedOutput(6, (text) => seen.push(text));
    const bytes = Buffer.from('aä€ and more');
    for (const byte of bytes) output.add(Buffer.from([byte]));
    expect(seen).toEqual(['a', 'ä', '€', '\n[… more output, not followed live …]\n']);
  });
});
