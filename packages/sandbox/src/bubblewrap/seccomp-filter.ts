import { AppError } from '@countersign/domain';

import { ACTION, answer, assemble, FIELD, load, unlessEqual, whenAnyBit, whenAtLeast, whenEqual, type Instruction } from './bpf-assembler.js';
import { ARCHITECTURES, DENIED, FIRST_UNKNOWN, JUDGED, type Architecture } from './syscalls.js';

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET: docker's own mask. */
const NEW_NAMESPACES = 0x7e02_0000;
/** Push characters into a terminal, or run its paste buffer: the ways into the session that started us. */
const TERMINAL_INPUT = [0x5412, 0x541c];
/** Unix, IPv4, IPv6 and netlink; vsock for one leads to the hypervisor, whatever the network namespace is. */
const SOCKET_FAMILIES = [1, 2, 10, 16];
/** Linux, Linux32, UNAME26 of both, and the question which one it is. */
const PERSONALITIES = [0x0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];
/** The other ABI of x64, whose numbers begin here. */
const X32 = 0x4000_0000;

const ALLOW = answer(ACTION.allow);
const refuse = (errno: number): Instruction => answer(ACTION.errno(errno));

/** As bytes for `bwrap --seccomp`. @throws AppError PART_MISSING on another architecture than x64 and arm64. */
export function seccompFilter(architecture: string): Buffer {
  if (!isKnown(architecture)) throw new AppError('PART_MISSING', `There is no system call filter for ${architecture}; bubblewrap runs on x64 and arm64`);
  return assemble(filterProgram(architecture));
}

export function filterProgram(architecture: Architecture): readonly Instruction[] {
  const { audit, index } = ARCHITECTURES[architecture];
  const numbers = Object.values(DENIED).flatMap((of) => of[index] ?? []);
  const number = (name: keyof typeof JUDGED): number => JUDGED[name][index];
  return [
    load(FIELD.architecture),
    // A 32-bit program's numbers mean other calls.
    ...unlessEqual(audit, [answer(ACTION.kill)]),
    load(FIELD.number),
    ...(architecture === 'x64' ? whenAtLeast(X32, [refuse(EPERM)]) : []),
    ...whenAtLeast(FIRST_UNKNOWN, [refuse(ENOSYS)]),
    ...numbers.flatMap((denied) => whenEqual(denied, [refuse(EPERM)])),
    // The flags of clone3 are behind a pointer; without it the C library takes clone.
    ...whenEqual(number('clone3'), [refuse(ENOSYS)]),
    ...whenEqual(number('clone'), [load(FIELD.argument(0)), ...whenAnyBit(NEW_NAMESPACES, [refuse(EPERM)]), ALLOW]),
    ...whenEqual(number('ioctl'), [load(FIELD.argument(1)), ...TERMINAL_INPUT.flatMap((request) => whenEqual(request, [refuse(EPERM)])), ALLOW]),
    ...whenEqual(number('socket'), [load(FIELD.argument(0)), ...SOCKET_FAMILIES.flatMap((family) => whenEqual(family, [ALLOW])), refuse(EAFNOSUPPORT)]),
    ...whenEqual(number('personality'), [load(FIELD.argument(0)), ...PERSONALITIES.flatMap((allowed) => whenEqual(allowed, [ALLOW])), refuse(EPERM)]),
    ALLOW,
  ];
}

function isKnown(architecture: string): architecture is Architecture {
  return architecture in ARCHITECTURES;
}
