import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { GIT_GUARDS, type GitGuards } from '../../../git/src/git-guards.js';
import { importBare, makeGit, RequestWorkspace } from '../../../git/src/index.js';
import { quoteWord } from '../../../git/src/quote-word.js';
import { git, sampleRepository } from '../../src/index.js';
import { ALLOW_MARK } from '../allow.js';
import type { Row } from '../row.js';
import { acting, onModel, withoutModel } from '../sandboxed.js';

const HOOKS = ['pre-commit', 'post-commit', 'post-index-change', 'reference-transaction', 'post-checkout', 'pre-push', 'post-merge', 'update', 'pre-receive'];
const PROGRAMS = ['hook', 'fsmonitor', 'filter', 'diff', 'merge'];

/** A folder of the host in which each thing planted leaves its name when it runs, and objects that only alternates lead to. */
class Canary {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-canary-')));
  /** In the store. */
  readonly secret: string;

  constructor() {
    const store = join(this.dir, 'store');
    mkdirSync(store);
    git(store, 'init', '-q', '--bare');
    writeFileSync(join(store, 'secret'), 'of another project\n');
    this.secret = git(store, 'hash-object', '-w', 'secret').trim();
    mkdirSync(join(this.dir, 'ran'));
    chmodSync(this.dir, 0o755);
    chmodSync(join(this.dir, 'ran'), 0o777);
  }

  get ran(): readonly string[] {
    return readdirSync(join(this.dir, 'ran')).sort();
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Shell text for the root of a work tree, which needs nothing but a shell. */
  get planting(): string {
    const touch = (name: string): string => `touch ${this.dir}/ran/${name}`;
    const file = (path: string, text: string): string => `printf '%s\\n' ${quoteWord(text)} > ${path}`;
    const config = [
      ...['[core]', 'repositoryformatversion = 0', 'bare = false', 'hooksPath = .git/hooks', `fsmonitor = "${touch('fsmonitor')}; false"`],
      ...['[filter "evil"]', `clean = "${touch('filter')}; cat"`, `smudge = "${touch('filter')}; cat"`],
      ...['[diff "evil"]', `command = "${touch('diff')}; true"`, `textconv = "${touch('diff')}; cat"`],
      ...['[merge "evil"]', `driver = "${touch('merge')}; true"`],
    ].join('\n');
    const attributes = '* filter=evil diff=evil merge=evil';
    return [
      'mkdir -p .git/hooks .git/info .git/objects/info',
      ...HOOKS.flatMap((hook) => [file(`.git/hooks/${hook}`, `#!/bin/sh\n${touch('hook')}`), `chmod 755 .git/hooks/${hook}`]),
      file('.git/config', config),
      file('.git/info/attributes', attributes),
      file('.gitattributes', attributes),
      file('.git/objects/info/alternates', `${this.dir}/store/objects`),
    ].join(' && ');
  }
}

function withCanary<Result>(work: (canary: Canary) => Promise<Result>): Promise<Result> {
  const canary = new Canary();
  return work(canary).finally(() => canary.remove());
}

function hasObject(repository: string, object: string): boolean {
  try {
    git(repository, 'cat-file', '-e', object);
    return true;
  } catch {
    return false;
  }
}

const README = { name: 'write', args: { path: 'README.md', content: '# Planted\n' } };

/** What ran on the host while a snapshot was taken of a folder in which everything is planted. */
function ranAtSnapshot(guards: GitGuards): Promise<readonly string[]> {
  return withCanary(async (canary) => {
    const source = sampleRepository(join(canary.dir, 'source'));
    const [bare, root] = [join(canary.dir, 'bare'), join(canary.dir, 'workspace')];
    const own = await makeGit({ homeDir: join(canary.dir, 'home') });
    const { tip } = await importBare({ git: own, source, bareDir: bare, roots: [canary.dir], allowPrivateHosts: false });
    const before = new RequestWorkspace({ git: own, root, bare });
    await before.prepare();
    const folder = await before.checkout('agent', tip);
    execFileSync('sh', ['-c', canary.planting], { cwd: folder });
    const after = new RequestWorkspace({ git: await makeGit({ homeDir: join(canary.dir, 'home'), guards }), root, bare });
    const work = after.snapshot('agent', { parent: tip, message: 'step', at: '2026-11-21T00:00:00Z' });
    // With the attacker's repository in place of ours the tree is written there, and missing here.
    await (guards === GIT_GUARDS ? work : work.catch(() => undefined));
    return canary.ran;
  });
}

export const row: Row = {
  number: 32,
  title: 'workspace plants hooks, core.fsmonitor, filters, .gitattributes, alternates',
  class: 'no effect',
  guard: 'repositoryOf',
  /** The same folder under plain git. */
  control: () =>
    withCanary(async (canary) => {
      const dir = sampleRepository(join(canary.dir, 'plain'));
      execFileSync('sh', ['-c', canary.planting], { cwd: dir });
      writeFileSync(join(dir, 'README.md'), '# Planted\n');
      git(dir, 'add', '-A');
      git(dir, 'commit', '-q', '-m', 'planted');
      git(dir, 'diff', 'HEAD~1', 'HEAD');
      const fired = [...canary.ran, ...(hasObject(dir, canary.secret) ? ['alternates'] : [])];
      for (const name of ['hook', 'fsmonitor', 'filter', 'diff', 'alternates']) if (!fired.includes(name)) throw new Error(`With plain git only these ran: ${fired.join(' ')}`);
    }),
  attack: () =>
    withCanary((canary) =>
      onModel(async ({ world, project }) => {
        const testCommand = canary.planting;
        const files = [{ path: 'README.md', change: 'edit' }, { path: '.gitattributes', change: 'add' }] as const;
        const steps = [[{ name: 'run', args: { argv: ['sh', '-c', testCommand] } }], [README]];
        const { name, bare } = await project('planted', acting({ first: [], word: 'One line more', files, commands: [], steps }), { testCommand });
        const id = await world.toMergeReview({ name });
        const hasSecret = [bare, join(world.app.dataDir, 'workspaces', id, 'git')].some((repository) => hasObject(repository, canary.secret));
        await world.decide(world.people.reviewer, id, 'merge');
        await world.until(id, 'DONE');
        if (!git(bare, 'show', 'main:.gitattributes').includes('filter=evil')) throw new Error('Nothing was planted');
        const fired = [...canary.ran, ...(hasSecret ? ['alternates'] : [])];
        return { class: 'no effect', canary: `ran: ${fired.join(' ') || 'none'} of ${PROGRAMS.length + 1}`, happened: fired.length > 0, worksAfterwards: true };
      }),
    ),
  async guardOff() {
    await withoutModel();
    const inTheTree: GitGuards['repositoryOf'] = ({ gitDir, workTree }) => (workTree === undefined ? gitDir : join(workTree, '.git'));
    const asBuilt = await ranAtSnapshot(GIT_GUARDS);
    const allowed = await ranAtSnapshot({ repositoryOf: Object.assign(inTheTree, { mark: ALLOW_MARK }) });
    return { asBuilt: asBuilt.length > 0, allowed: ['filter', 'fsmonitor', 'hook'].every((name) => allowed.includes(name)) };
  },
};
