/** Classic BPF as seccomp takes it: eight bytes per instruction, in the machine's own order (both of ours: little). */
export type Instruction = { readonly code: number; readonly k: number; readonly jt: number; readonly jf: number };

const LOAD_WORD_ABSOLUTE = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER_OR_EQUAL = 0x35;
const JUMP_BITS_SET = 0x45;
const RETURN = 0x06;
const INSTRUCTION_BYTES = 8;
/** A conditional jump reaches this far. */
const MAX_JUMP = 255;

/** Offsets in `struct seccomp_data`; of an argument its low word. */
export const FIELD = { number: 0, architecture: 4, argument: (index: number): number => 16 + 8 * index } as const;

const ERRNO = 0x0005_0000;
export const ACTION = { allow: 0x7fff_0000, kill: 0x8000_0000, errno: (errno: number): number => ERRNO | errno } as const;

export const load = (offset: number): Instruction => ({ code: LOAD_WORD_ABSOLUTE, k: offset, jt: 0, jf: 0 });
export const answer = (action: number): Instruction => ({ code: RETURN, k: action, jt: 0, jf: 0 });

type Branch = (value: number, then: readonly Instruction[]) => readonly Instruction[];

/** Runs `then` where the loaded word is like that, and skips it otherwise. */
export const whenEqual: Branch = (value, then) => [{ code: JUMP_EQUAL, k: value, jt: 0, jf: distance(then) }, ...then];
export const unlessEqual: Branch = (value, then) => [{ code: JUMP_EQUAL, k: value, jt: distance(then), jf: 0 }, ...then];
export const whenAtLeast: Branch = (value, then) => [{ code: JUMP_GREATER_OR_EQUAL, k: value, jt: 0, jf: distance(then) }, ...then];
export const whenAnyBit: Branch = (bits, then) => [{ code: JUMP_BITS_SET, k: bits, jt: 0, jf: distance(then) }, ...then];

function distance(over: readonly Instruction[]): number {
  if (over.length > MAX_JUMP) throw new RangeError(`A BPF jump over ${over.length} instructions is too far`);
  return over.length;
}

export function assemble(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * INSTRUCTION_BYTES);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    const at = index * INSTRUCTION_BYTES;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(jt, at + 2);
    bytes.writeUInt8(jf, at + 3);
    bytes.writeUInt32LE(k >>> 0, at + 4);
  }
  return bytes;
}
