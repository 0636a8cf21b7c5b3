import { describe, expect, it } from '@jest/globals';

import type { SandboxSpec } from '../ports/sandbox.port.js';
import { bubblewrapArguments, limited, sessionVariables } from './bubblewrap-arguments.mapper.js';
import { declarationOf } from './bubblewrap-declaration.js';

const SPEC: SandboxSpec = {
  name: 'one',
  requestId: 'r1',
  image: 'image',
  workspace: '/data/work space',
  workspaceReadOnly: false,
  mounts: [{ source: '/data/tools', target: '/opt/tools', readOnly: true }],
  env: { A: '1' },
  limits: { memoryMb: 256, cpus: 1, pids: 100, fileMb: 10, tmpMb: 20 },
};
const EGRESS = { socket: '/data/run/broker.sock', caFile: '/data/run/ca.pem' };

function argumentsOf(over: Partial<SandboxSpec> = {}): readonly string[] {
  const root = [
    { kind: 'bind', source: '/tree/usr', target: '/usr' },
    { kind: 'link', to: 'usr/bin', target: '/bin' },
    { kind: 'folder', target: '/opt' },
  ] as const;
  return bubblewrapArguments({ spec: { ...SPEC, ...over }, root, at: (source) => `/staged${source}`, hasProc: (name) => name === 'keys' || name === 'acpi' });
}

const follows = (all: readonly string[], ...part: readonly string[]): boolean =>
  all.some((_, index) => part.every((word, offset) => all[index + offset] === word));

describe('bubblewrapArguments', () => {
  it('takes every namespace, every capability away and dies with its parent, whatever the specification', () => {
    for (const word of ['--unshare-user', '--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--die-with-parent', '--new-session', '--clearenv']) {
      expect([word, argumentsOf({ egress: EGRESS }).includes(word)]).toEqual([word, true]);
    }
    expect(follows(argumentsOf(), '--cap-drop', 'ALL')).toBe(true);
    expect(argumentsOf()).not.toContain('--share-net');
  });

  it('binds nothing for writing but the workspace, and that only where it may be, and the cache', () => {
    const writable = (all: readonly string[]): string[] => all.flatMap((word, index) => (word === '--bind' ? [String(all[index + 2])] : []));
    expect(writable(argumentsOf({ egress: EGRESS }))).toEqual(['/workspace']);
    expect(writable(argumentsOf({ workspaceReadOnly: true }))).toEqual([]);
    expect(writable(argumentsOf({ workspaceReadOnly: true, cache: { folder: '/data/cache', env: {} } }))).toEqual(['/cache']);
    expect(follows(argumentsOf(), '--bind', '/staged/data/work space', '/workspace')).toBe(true);
  });

  it('makes root, /dev and what it hides read-only after everything is mounted', () => {
    const all = argumentsOf();
    expect(all.lastIndexOf('--ro-bind')).toBeLessThan(all.lastIndexOf('--remount-ro'));
    expect(all[all.lastIndexOf('--remount-ro') + 1]).toBe('/');
    expect(follows(all, '--ro-bind', '/dev/null', '/proc/keys')).toBe(true);
    expect(follows(all, '--tmpfs', '/proc/acpi', '--remount-ro', '/proc/acpi')).toBe(true);
    expect(follows(all, '--remount-ro', '/dev')).toBe(true);
  });

  it('limits /tmp, and each process where no control group does', () => {
    expect(follows(argumentsOf(), '--size', String(20 * 1024 * 1024), '--tmpfs', '/tmp')).toBe(true);
    expect(limited(SPEC, { pids: true, memory: true })).toEqual(['/usr/bin/prlimit', '--fsize=10485760', '--nofile=4096', '--core=0', '--']);
    expect(limited(SPEC, { pids: false, memory: false })).toEqual(expect.arrayContaining(['--nproc=100', `--data=${768 * 1024 * 1024}`]));
  });

  it('mounts socket and authorities where there is a way out, and names them to programs', () => {
    expect(follows(argumentsOf({ egress: EGRESS }), '--ro-bind', '/staged/data/run/broker.sock', '/run/countersign/egress.sock')).toBe(true);
    expect(sessionVariables({ ...SPEC, egress: EGRESS, env: { A: '1', HTTP_PROXY: 'http://elsewhere' } })).toMatchObject({
      A: '1',
      HOME: '/tmp',
      HTTP_PROXY: 'http://127.0.0.1:3128',
      SSL_CERT_FILE: '/run/countersign/egress-ca.pem',
    });
    expect(Object.keys(sessionVariables(SPEC)).filter((name) => /proxy|CERT|CA_/i.test(name))).toEqual([]);
  });
});

describe('declarationOf', () => {
  const of = (kinds: readonly ('memory' | 'pids' | 'cpu')[], root?: string) => declarationOf({ root, image: 'ours:1', kinds });

  it('enforces what its control groups hold', () => {
    expect(of(['memory', 'pids', 'cpu'], '/tree').enforced).toEqual(expect.arrayContaining(['memory', 'pids', 'cpus', 'no network']));
    expect(of(['memory', 'pids', 'cpu'], '/tree').notEnforced).toEqual([expect.stringContaining('disk'), expect.stringContaining('ours:1, unpacked')]);
  });

  it('names what nothing holds, and on whose programs it runs', () => {
    const { enforced, notEnforced } = of([]);
    expect(enforced).toContain('pids');
    expect(enforced).not.toContain('memory');
    expect(notEnforced.join('\n')).toMatch(/memory of all processes[\s\S]*cpus[\s\S]*disk[\s\S]*machine's own programs/);
  });
});
