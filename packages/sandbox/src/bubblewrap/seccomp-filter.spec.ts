import { describe, expect, it } from '@jest/globals';

import { assemble, FIELD, unlessEqual, whenEqual, answer, type Instruction } from './bpf-assembler.js';
import { filterProgram, seccompFilter } from './seccomp-filter.js';
import { ARCHITECTURES, DENIED, JUDGED, type Architecture } from './syscalls.js';

const ALLOW = 0x7fff_0000;
const KILL = 0x8000_0000;
const errno = (number: number): number => 0x5_0000 | number;

type Call = { readonly nr: number; readonly arch: number; readonly args?: readonly number[] };

/** What the kernel does with the bytes, for the instructions that we use. */
function run(bytes: Buffer, { nr, arch, args = [] }: Call): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(nr, FIELD.number);
  data.writeUInt32LE(arch, FIELD.architecture);
  for (const [index, value] of args.entries()) data.writeUInt32LE(value >>> 0, FIELD.argument(index));
  let word = 0;
  for (let at = 0; ; at += 8) {
    const code = bytes.readUInt16LE(at);
    const k = bytes.readUInt32LE(at + 4);
    const jumps = [bytes.readUInt8(at + 3), bytes.readUInt8(at + 2)] as const;
    const jump = (holds: boolean): void => void (at += 8 * jumps[holds ? 1 : 0]);
    if (code === 0x06) return k;
    else if (code === 0x20) word = data.readUInt32LE(k);
    else if (code === 0x15) jump(word === k);
    else if (code === 0x35) jump(word >= k);
    else if (code === 0x45) jump((word & k) !== 0);
    else throw new Error(`No instruction ${code}`);
  }
}

const ARCHES = Object.keys(ARCHITECTURES) as readonly Architecture[];

describe.each(ARCHES)('the filter of %s', (name) => {
  const { audit, index } = ARCHITECTURES[name];
  const filter = seccompFilter(name);
  const call = (nr: number, ...args: number[]): number => run(filter, { nr, arch: audit, args });
  const judged = (of: keyof typeof JUDGED, ...args: number[]): number => call(JUDGED[of][index], ...args);

  it('denies every call of the list', () => {
    for (const numbers of Object.values(DENIED)) {
      const number = numbers[index];
      if (number !== null) expect([number, call(number)]).toEqual([number, errno(1)]);
    }
  });

  it('allows what programs live on', () => {
    const ordinary = { x64: [0, 1, 9, 57, 59, 61, 202, 231, 257, 262], arm64: [56, 63, 64, 93, 221, 222, 260, 98] }[name];
    for (const number of ordinary) expect([number, call(number)]).toEqual([number, ALLOW]);
  });

  it('kills a program of another architecture', () => {
    for (const arch of [0x4000_0003, 0x4000_0028, ARCHITECTURES[name === 'x64' ? 'arm64' : 'x64'].audit]) expect(run(filter, { nr: 0, arch })).toBe(KILL);
  });

  it('lets clone make threads and processes, and no namespace of any kind', () => {
    expect(judged('clone', 0x003d_0f00)).toBe(ALLOW);
    expect(judged('clone', 17)).toBe(ALLOW);
    for (const flag of [0x2_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000]) expect(judged('clone', flag | 17)).toBe(errno(1));
    expect(judged('clone3', 0)).toBe(errno(38));
  });

  it('refuses to type into a terminal, and no other ioctl', () => {
    expect([judged('ioctl', 0, 0x5412), judged('ioctl', 0, 0x541c)]).toEqual([errno(1), errno(1)]);
    expect([judged('ioctl', 0, 0x5401), judged('ioctl', 0, 0x5413), judged('ioctl', 0x5412, 0)]).toEqual([ALLOW, ALLOW, ALLOW]);
  });

  it('opens sockets of the families that a namespace holds', () => {
    expect([1, 2, 10, 16].map((family) => judged('socket', family))).toEqual([ALLOW, ALLOW, ALLOW, ALLOW]);
    expect([17, 31, 38, 40].map((family) => judged('socket', family))).toEqual(Array(4).fill(errno(97)));
  });

  it('lets a personality be asked for and not made', () => {
    expect([judged('personality', 0xffff_ffff), judged('personality', 0)]).toEqual([ALLOW, ALLOW]);
    expect(judged('personality', 0x0040_0000)).toBe(errno(1));
  });

  it('answers calls it was not made for as an older kernel would', () => {
    expect([call(470), call(1000)]).toEqual([errno(38), errno(38)]);
  });

  it('fits into a BPF program', () => {
    expect(filterProgram(name).length).toBeLessThan(4096);
    expect(filter.length).toBe(filterProgram(name).length * 8);
  });
});

describe('seccompFilter', () => {
  it('denies the second ABI of x64', () => {
    expect(run(seccompFilter('x64'), { nr: 0x4000_0000, arch: ARCHITECTURES.x64.audit })).toBe(errno(1));
  });

  it('refuses to guess the numbers of another architecture', () => {
    expect(() => seccompFilter('riscv64')).toThrow(expect.objectContaining({ code: 'PART_MISSING' }));
  });
});

describe('assemble', () => {
  it('writes eight bytes for each instruction', () => {
    expect(assemble([{ code: 0x15, k: 0x8000_0001, jt: 2, jf: 3 }])).toEqual(Buffer.from([0x15, 0, 2, 3, 1, 0, 0, 0x80]));
  });

  it('runs or skips a branch', () => {
    const program: readonly Instruction[] = [...unlessEqual(0, [answer(1)]), ...whenEqual(0, [answer(2)]), answer(3)];
    expect(run(assemble(program), { nr: 0, arch: 0 })).toBe(2);
  });

  it('refuses a jump that is too far', () => {
    expect(() => whenEqual(1, Array<Instruction>(256).fill(answer(0)))).toThrow(RangeError);
  });
});
