import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { makeGit, type Git } from '../git.js';

/** A runner with its own home below the system's folder for temporary files; remove `dir` at the end. */
export async function aGit(): Promise<{ readonly git: Git; readonly dir: string; readonly remove: () => Promise<void> }> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'countersign-git-')));
  const git = await makeGit({ homeDir: join(dir, 'home') });
  return { git, dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

export type TestRepository = {
  readonly path: string;
  /** Runs git in the repository; answers what it prints. */
  readonly run: (...args: string[]) => Promise<string>;
  /** Writes files (null removes one) and commits everything; answers the commit. */
  readonly commit: (files: Readonly<Record<string, string | null>>, message?: string) => Promise<string>;
};

const DATE = '2026-01-01T00:00:00Z';
const PERSON = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_AUTHOR_DATE: DATE,
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
  GIT_COMMITTER_DATE: DATE,
} as const;

/** A repository with a work tree, as a person has one. */
export async function aRepository(git: Git, path: string, files: Readonly<Record<string, string>> = {}): Promise<TestRepository> {
  await mkdir(path, { recursive: true });
  const run = async (...args: string[]): Promise<string> =>
    (await git.run(args, { cwd: path, env: PERSON, deadlineMs: 30_000, protocols: 'file' })).stdout.toString('utf8').trimEnd();
  const commit: TestRepository['commit'] = async (changes, message = 'change') => {
    for (const [name, content] of Object.entries(changes)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      if (content === null) await rm(join(path, name));
      else await writeFile(join(path, name), content);
    }
    await run('add', '-A');
    await run('commit', '-q', '--allow-empty', '-m', message);
    return run('rev-parse', 'HEAD');
  };
  await run('init', '-q', '-b', 'main');
  if (Object.keys(files).length > 0) await commit(files, 'first');
  return { path, run, commit };
}
