import { lstat, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { aGit, aRepository, type TestRepository } from '@countersign/git/testing';

import { bubblewrapOf, checkOn, dockerOf, type Adapter, type Bench, type Checked } from './check-harness.js';

jest.setTimeout(180_000);

/** Stands in for any package manager: fetches what its cache has not, and builds something that git ignores. */
const SETUP = `
for name in $(cat needs); do
  if [ -f "$PIP_CACHE_DIR/http-v2/$name" ]; then echo "$name: warm"; else echo "$name: fetched"; mkdir -p "$PIP_CACHE_DIR/http-v2"; echo "$name" > "$PIP_CACHE_DIR/http-v2/$name"; fi
done
mkdir -p out/empty && date +%s%N > out/made
`;
const FILES = { '.gitignore': '/out\n', needs: 'one two\n', 'setup.sh': SETUP, 'more.sh': '', 'src/index.py': '1' };
const LIST = 'ls -A "$PIP_CACHE_DIR/http-v2"; cat out/made; echo tested > "$PIP_CACHE_DIR/http-v2/by-tests"; sh ./more-test.sh';
const SETTINGS = { setupCommand: 'sh ./setup.sh && sh ./more.sh', testCommand: LIST };

const madeIn = (printed: string | undefined): string => /^\d{15,}$/m.exec(printed ?? '')?.[0] ?? 'nothing';

describe.each(['docker', 'bubblewrap'] as const)('what setup leaves, on %s', (name) => {
  let at: Awaited<ReturnType<typeof aGit>>;
  let source: TestRepository;
  let adapter: Adapter;
  let base: string;
  beforeAll(async () => {
    at = await aGit();
    source = await aRepository(at.git, join(at.dir, 'source'), { ...FILES, 'more-test.sh': 'true\n' });
    base = await source.run('rev-parse', 'HEAD');
    adapter = name === 'docker' ? dockerOf('downloads') : bubblewrapOf(at.dir);
  });
  beforeEach(async () => {
    await rm(join(at.dir, 'dependencies'), { recursive: true, force: true });
    await source.run('checkout', '-q', base);
  });
  afterAll(async () => {
    await adapter.sandbox.destroy('r1');
    await at.remove();
  });

  const check = (head: string, from = base, over: Partial<Bench> = {}): Promise<Checked> => checkOn({ ...at, adapter, settings: SETTINGS, ...over }, head, from);
  /** Folders of everything that is kept. */
  const kept = async (): Promise<readonly string[]> => {
    const dir = join(at.dir, 'dependencies');
    const places = await readdir(dir);
    return (await Promise.all(places.map(async (place) => (await readdir(join(dir, place))).map((entry) => join(dir, place, entry))))).flat();
  };

  it('is taken over by the same base, whatever the command; a change has its setup run, with the downloads at hand', async () => {
    const first = await check(await source.commit({ 'src/index.py': '2' }));
    expect(first).toMatchObject({ verdict: 'passed', ran: ['check-base-setup', 'check-setup'] });
    expect(first.printed['check-base-setup']).toContain('one: fetched\ntwo: fetched\n');
    expect(first.printed['check-setup']).toContain('one: warm\ntwo: warm\n');
    const second = await check(await source.commit({ needs: 'two three\n' }));
    expect(second).toMatchObject({ verdict: 'passed', ran: ['check-setup'] });
    expect(second.printed['check-setup']).toContain('two: warm\nthree: fetched\n');
    expect(madeIn(second.printed['check-base-test'])).toBe(madeIn(first.printed['check-base-test']));
    expect(madeIn(second.printed['check-test'])).not.toBe(madeIn(first.printed['check-test']));
    // The base itself is checked with what is kept, its empty folder and its downloads included.
    const own = await check(base);
    expect(own).toMatchObject({ verdict: 'passed', ran: [] });
    expect(own.results[0]?.note).toMatch(/^from the cache of .* UTC, base [0-9a-f]{12}$/);
    expect(own.printed['check-test']).toContain('one\ntwo\n');
  });

  it('is never what a change, or a test, wrote', async () => {
    await check(base);
    const evil = await source.commit({ 'more.sh': 'echo evil > "$PIP_CACHE_DIR/http-v2/evil"; echo evil > "$PIP_CACHE_DIR/http-v2/one"; echo evil > out/made\n' });
    const poisoned = await check(evil);
    expect(poisoned.printed['check-test']).toContain('evil\n');
    await source.run('checkout', '-q', base);
    const next = await source.commit({ 'src/index.py': '3', 'more.sh': 'cat "$PIP_CACHE_DIR"/http-v2/*\n' });
    const after = await check(next, next);
    expect(after.printed['check-base-setup']).toContain('one: warm\ntwo: warm\none\ntwo\n');
    for (const printed of Object.values(after.printed)) expect(printed).not.toMatch(/^(evil|by-tests|tested)$/m);
    expect((await check(base)).printed['check-test']).not.toMatch(/^(evil|by-tests|tested)$/m);
  });

  it('is not taken over where setup left something elsewhere, which the tests still find', async () => {
    const elsewhere = [
      ['a file in /tmp', 'echo here > /tmp/installed', 'cat /tmp/installed'],
      ['a process', '(sleep 300 >/dev/null 2>&1 &) ; echo $! > /dev/null', 'cat /proc/[0-9]*/cmdline | tr "\\0" " " | grep -o "sleep 300" | head -n 1'],
      ['a hook of git', 'mkdir -p .git/hooks && echo true > .git/hooks/pre-commit', 'cat .git/hooks/pre-commit'],
    ] as const;
    for (const [what, more, test] of elsewhere) {
      await source.run('checkout', '-q', base);
      const own = await source.commit({ 'more.sh': `${more}\n`, 'more-test.sh': `${test} && echo found it\n` });
      for (const ran of [['check-base-setup', 'check-setup'], ['check-base-setup', 'check-setup']]) {
        const checked = await check(own, own);
        expect({ what, ran: checked.ran, found: checked.printed['check-test']?.includes('found it\n') }).toEqual({ what, ran, found: true });
        expect(checked.printed['check-setup']).toContain('one: warm\n');
      }
    }
  });

  it('keeps no program that setup put beside the downloads for a change that installs it no more', async () => {
    const more = 'mkdir -p "$CARGO_HOME/bin" && echo tool > "$CARGO_HOME/bin/tool"\n';
    const own = await source.commit({ 'more.sh': more, 'more-test.sh': 'cat "$CARGO_HOME/bin/tool"\n' });
    const head = await source.commit({ 'more.sh': 'true\n' });
    const checked = await check(head, own);
    expect(checked.verdict).toBe('failed');
    expect(checked.printed['check-base-test']).toContain('tool\n');
    expect(checked.printed['check-setup']).toContain('one: warm\n');
    // The same base has it.
    expect(await check(own, own)).toMatchObject({ verdict: 'passed', ran: [] });
  });

  it('follows no link on this machine, and brings neither pipes nor rights along', async () => {
    const more = `cd "$PIP_CACHE_DIR/http-v2" && ln -s /etc/shadow link && ln -s / root && mkfifo pipe && cp one odd && chmod 6755 odd && mkdir deep && ln -s /etc deep/etc\n`;
    const own = await source.commit({ 'more.sh': more });
    await check(own, own);
    for (const entry of await kept()) {
      const folders = [join(entry, 'files/pip/http-v2'), join(entry, 'files/cache/pip/http-v2')];
      for (const folder of folders) {
        const names = await readdir(folder).catch(() => undefined);
        if (!names) continue;
        expect(names.toSorted()).toEqual(['deep', 'link', 'odd', 'one', 'root', 'two']);
        expect((await lstat(join(folder, 'link'))).isSymbolicLink()).toBe(true);
        expect((await lstat(join(folder, 'root'))).isSymbolicLink()).toBe(true);
        expect((await lstat(join(folder, 'odd'))).mode & 0o7000).toBe(0);
      }
    }
    expect(await kept()).toHaveLength(2);
    expect((await lstat('/etc/shadow')).mode & 0o004).toBe(0);
  });

  it('is run anew where what is kept is damaged, lost or too large, and the check is none the wiser', async () => {
    await check(base);
    for (const entry of await kept()) await writeFile(join(entry, 'about.json'), '{');
    expect(await check(base)).toMatchObject({ verdict: 'passed', ran: ['check-base-setup'] });
    for (const entry of await kept()) await rm(join(entry, 'files'), { recursive: true });
    expect(await check(base)).toMatchObject({ verdict: 'passed', ran: ['check-base-setup'] });
    expect(await check(base)).toMatchObject({ verdict: 'passed', ran: [] });
    await rm(join(at.dir, 'dependencies'), { recursive: true });
    expect(await check(base, base, { maxBytes: 1000 })).toMatchObject({ verdict: 'passed', ran: ['check-base-setup', 'check-setup'] });
  });

  it('is one project’s alone, and another environment’s not', async () => {
    await check(base);
    expect((await check(base, base, { projectId: 'another' })).printed['check-base-setup']).toContain('one: fetched\n');
    expect((await check(base, base, { settings: { ...SETTINGS, env: { A: '1' } } })).printed['check-base-setup']).toContain('one: fetched\n');
    expect(await check(base)).toMatchObject({ ran: [] });
  });

  it('leaves nothing beside the workspace when the check is over', async () => {
    await check(base);
    expect((await readdir(join(at.dir, 'data/workspaces/r1'))).filter((folder) => folder.endsWith('-cache'))).toEqual([]);
    expect(await readFile(join(at.dir, 'data/workspaces/r1/check/needs'), 'utf8')).toBe('one two\n');
  });
});
