import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { hostLayout, treeLayout } from './root-layout.js';

describe('treeLayout', () => {
  let tree: string;
  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'countersign-tree-'));
    for (const folder of ['usr/bin', 'usr/share/doc', 'opt', 'etc', 'proc', 'dev', 'tmp', 'workspace', 'sys']) await mkdir(join(tree, folder), { recursive: true });
    await symlink('usr/bin', join(tree, 'bin'));
    await writeFile(join(tree, 'etc/hosts'), '');
  });
  afterAll(() => rm(tree, { recursive: true }));

  const bind = (target: string) => ({ kind: 'bind', source: join(tree, target), target });

  it('binds every entry of the top, keeps links, and leaves out what bubblewrap mounts itself', () => {
    expect(treeLayout(tree, [])).toEqual([{ kind: 'link', to: 'usr/bin', target: '/bin' }, bind('/etc'), bind('/opt'), bind('/usr')]);
  });

  it('makes a folder anew on the way to a mount that has no place, and no other', () => {
    expect(treeLayout(tree, ['/usr/share/ours/deep', '/opt/ours'])).toEqual([
      { kind: 'link', to: 'usr/bin', target: '/bin' },
      bind('/etc'),
      { kind: 'folder', target: '/opt' },
      { kind: 'folder', target: '/usr' },
      bind('/usr/bin'),
      { kind: 'folder', target: '/usr/share' },
      bind('/usr/share/doc'),
    ]);
  });

  it('mounts over what is there', () => {
    expect(treeLayout(tree, ['/etc/hosts'])).toEqual(treeLayout(tree, []));
  });
});

describe('hostLayout', () => {
  it('takes programs and no more of /etc than they need', () => {
    const targets = hostLayout('/opt/node').map(({ target }) => target);
    expect(targets).toEqual(expect.arrayContaining(['/usr/bin', '/usr/lib', '/usr/local/bin/node', '/etc/ssl']));
    expect(targets.filter((target) => /shadow|passwd|ssh|environment|^\/(root|var|usr\/local|home\/)$/.test(target))).toEqual([]);
  });
});
