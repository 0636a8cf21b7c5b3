import { PassThrough } from 'node:stream';

import { describe, expect, it } from '@jest/globals';

import { RunnerChannel } from './runner-channel.js';

function frame(kind: number, id: number, payload: string): Buffer {
  const header = Buffer.alloc(9);
  header.writeUInt8(kind, 0);
  header.writeUInt32BE(id, 1);
  header.writeUInt32BE(Buffer.byteLength(payload), 5);
  return Buffer.concat([header, Buffer.from(payload)]);
}

const STDOUT = 11;
const STDERR = 12;
const EXIT = 13;

function aChannel() {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const state = { broken: 0 };
  const channel = new RunnerChannel(input, output, () => (state.broken += 1));
  const seen: string[] = [];
  const run = () => channel.run({ argv: ['x'] }, {}, (bytes, stream) => seen.push(`${stream}:${bytes.toString()}`));
  return { channel, input, output, state, seen, run };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('RunnerChannel', () => {
  it('reads frames however the stream is cut', async () => {
    const { output, run, seen } = aChannel();
    const ended = run();
    const whole = Buffer.concat([frame(STDOUT, 1, 'out'), frame(STDERR, 1, 'err'), frame(EXIT, 1, '7')]);
    for (const byte of whole) output.write(Buffer.from([byte]));
    expect(await ended).toBe(7);
    expect(seen).toEqual(['stdout:out', 'stderr:err']);
  });

  it('keeps programs apart', async () => {
    const { output, run } = aChannel();
    const both = [run(), run()];
    output.write(Buffer.concat([frame(EXIT, 2, '2'), frame(EXIT, 1, '1')]));
    expect(await Promise.all(both)).toEqual([1, 2]);
  });

  it('has no result of a program whose sandbox is gone', async () => {
    const { channel, run } = aChannel();
    const ended = run();
    channel.close();
    expect([await ended, await run(), await channel.ready]).toEqual(['gone', 'gone', false]);
  });

  it.each([
    ['a frame that is too long', Buffer.from([STDOUT, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff])],
    ['an exit code that is none', frame(EXIT, 1, '{"code":0}')],
    ['an exit code out of range', frame(EXIT, 1, '999')],
    ['a kind that there is not', frame(99, 1, '')],
  ])('breaks at %s: what is inside may write anything', async (_what, bytes) => {
    const { output, run, state } = aChannel();
    const ended = run();
    output.write(bytes);
    await settle();
    expect([await ended, state.broken]).toEqual(['gone', 1]);
  });

  it('passes over what belongs to no program', async () => {
    const { output, run, seen, state } = aChannel();
    const ended = run();
    output.write(Buffer.concat([frame(STDOUT, 9, 'x'), frame(EXIT, 9, '0'), frame(EXIT, 1, '0')]));
    expect([await ended, seen, state.broken]).toEqual([0, [], 0]);
  });
});
