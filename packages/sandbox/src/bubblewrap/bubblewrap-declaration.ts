import type { SandboxDeclaration } from '../ports/sandbox.port.js';
import type { CgroupKind } from './cgroup-tree.js';

const ALWAYS = ['no network', 'read-only root', 'never root', 'no capabilities', 'no new privileges', 'seccomp', 'file size', '/tmp size'];
const ENFORCED: Readonly<Record<CgroupKind, readonly string[]>> = { memory: ['memory', 'swap'], pids: ['pids'], cpu: ['cpus'] };
/** What holds in place of a control group. */
const INSTEAD: Readonly<Record<CgroupKind, string>> = {
  memory: 'memory of all processes together (bubblewrap without control groups limits each of them)',
  pids: '',
  cpu: 'cpus (bubblewrap without control groups)',
};
const DISK = 'total disk use of the workspace (measured; the size of one file is limited)';

export type DeclarationInput = { readonly root: string | undefined; readonly image: string; readonly kinds: readonly CgroupKind[] };

export function declarationOf({ root, image, kinds }: DeclarationInput): SandboxDeclaration {
  const held = (kind: CgroupKind): boolean => kinds.includes(kind);
  const all = Object.keys(ENFORCED) as CgroupKind[];
  const programs = root === undefined ? "an image: bubblewrap runs on this machine's own programs, read-only" : `an image of the project's own: bubblewrap runs on ${image}, unpacked`;
  return {
    enforced: [...ALWAYS, ...all.filter(held).flatMap((kind) => ENFORCED[kind]), ...(held('pids') ? [] : ['pids'])],
    notEnforced: [...all.filter((kind) => !held(kind)).map((kind) => INSTEAD[kind]).filter((text) => text !== ''), DISK, programs],
    reattach: false,
  };
}
