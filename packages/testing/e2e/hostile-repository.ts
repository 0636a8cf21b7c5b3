import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { git } from '../src/index.js';

const LFS_POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`;

/** Files that a recipe changes; their names are the trouble. */
export const ODD_NAMES = ['with space.txt', 'new\nline.txt', '-rf.txt', '--output=x.txt', '$(touch pwned).txt', "it's \"quoted\".txt", 'ünï.txt', '\u202egnp.txt'] as const;

/** A repository with everything that a name or a file can do to a careless reader; `needle` is in all of them. */
export function hostileRepository(dir: string): string {
  mkdirSync(join(dir, 'vendored'), { recursive: true });
  for (const name of ODD_NAMES) writeFileSync(join(dir, name), 'a needle\n');
  writeFileSync(join(dir, 'binary.txt'), Buffer.from([0, 1, 2, 255, ...Buffer.from('needle'), 0]));
  writeFileSync(join(dir, 'huge.txt'), 'a needle in a haystack\n'.repeat(100_000));
  writeFileSync(join(dir, 'media.psd'), `${LFS_POINTER}x needle\n`);
  writeFileSync(Buffer.concat([Buffer.from(`${dir}/caf`), Buffer.from([0xe9]), Buffer.from('.txt')]), 'a needle\n');
  symlinkSync('/etc/passwd', join(dir, 'way-out.txt'));
  symlinkSync('../../..', join(dir, 'up'));
  symlinkSync('with space.txt', join(dir, 'inside-link.txt'));
  writeFileSync(join(dir, '.gitmodules'), '[submodule "vendored"]\n\tpath = vendored\n\turl = https://example.org/needle.git\n');
  git(dir, 'init', '-q', '-b', 'main');
  git(dir, 'add', '-A');
  git(dir, 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},vendored`);
  git(dir, 'commit', '-q', '-m', 'Begin');
  return dir;
}

/** Paths of a diff, byte for byte, as latin1 so that nothing is lost. */
export function changedPaths(bare: string, from: string, to: string): readonly string[] {
  const out = execFileSync('git', ['-c', 'safe.directory=*', 'diff', '--name-only', '-z', '--no-renames', from, to], { cwd: bare });
  return out.toString('utf8').split('\0').filter(Boolean);
}
