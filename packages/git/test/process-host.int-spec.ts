import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { ProcessOptions } from '../src/git-process.js';
import { makeGit, ProcessHost } from '../src/index.js';

/** The built one: node does not find what a TypeScript file imports. */
const PROGRAM = join(process.cwd(), 'packages/git/dist/process-host-program.js');
let dir: string;
let host: ProcessHost;
beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'countersign-host-'))));
afterAll(() => rm(dir, { recursive: true }));
beforeEach(() => void (host = new ProcessHost(dir, PROGRAM)));
afterEach(() => host.close());

const options = (over: Partial<ProcessOptions> = {}): ProcessOptions => ({
  cwd: dir,
  env: { PATH: '/usr/bin:/bin' },
  stdin: undefined,
  deadlineMs: 20_000,
  maxOutputBytes: 1_000_000,
  signal: undefined,
  onProgress: undefined,
  ...over,
});
const sh = (script: string, over: Partial<ProcessOptions> = {}) => host.run('sh', ['-c', script], options(over));

/** Looks for four seconds at most. */
async function isTrueSoon(isTrue: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isTrue()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

async function pidIn(file: string): Promise<number> {
  let pid = 0;
  const isWritten = async (): Promise<boolean> => (pid = Number(await readFile(join(dir, file), 'utf8').catch(() => ''))) > 0;
  if (!(await isTrueSoon(isWritten))) throw new Error(`nothing wrote ${file}`);
  return pid;
}

/** Ended or a zombie that nobody has reaped yet. */
const hasEnded = (pid: number): Promise<boolean> => isTrueSoon(async () => /.*\) Z/.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')));

describe('a process that starts programs for another', () => {
  it('answers bytes, the end of stderr and the exit code', async () => {
    const stdin = Buffer.from([0, 255, 1, 254]);
    const { stdout, ...rest } = await sh('cat; echo why >&2; exit 3', { stdin });
    expect(Buffer.isBuffer(stdout)).toBe(true);
    expect(stdout.equals(stdin)).toBe(true);
    expect(rest).toEqual({ exitCode: 3, stderr: 'why\n', killed: undefined });
  });

  it('keeps what runs at once apart, in one process', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => sh(`echo ${n} $PPID`)));
    const said = answers.map(({ stdout }) => stdout.toString().trim().split(' '));
    expect(said.map(([n]) => Number(n))).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(new Set(said.map(([, parent]) => parent)).size).toBe(1);
    expect(said[0]?.[1]).not.toBe(String(process.pid));
  });

  it('hands on each line of progress before the end', async () => {
    const lines: string[] = [];
    await sh('printf "10%%\\r20%%\\rdone\\n" >&2', { onProgress: (line) => lines.push(line) });
    expect(lines).toEqual(['10%', '20%', 'done']);
  });

  it('holds its own environment to nothing, and gives what was asked for', async () => {
    process.env['COUNTERSIGN_HOST_SECRET'] = 'planted';
    try {
      const { stdout } = await sh('tr "\\0" "\\n" < /proc/$PPID/environ; env', { env: { PATH: '/usr/bin:/bin', MINE: 'yes' } });
      expect(stdout.toString()).not.toContain('planted');
      expect(stdout.toString()).toContain('MINE=yes');
    } finally {
      delete process.env['COUNTERSIGN_HOST_SECRET'];
    }
  });

  it.each([
    ['the deadline', 'deadline', {}, { deadlineMs: 300 }],
    ['too much output', 'output', {}, { maxOutputBytes: 10 }],
    ['an abort', 'abort', { after: 300 }, {}],
    ['an abort before it began', 'abort', { after: 0 }, {}],
  ] as const)('kills the whole group at %s', async (_, killed, { after }: { readonly after?: number }, over) => {
    const abort = new AbortController();
    if (after === 0) abort.abort();
    else if (after !== undefined) setTimeout(() => abort.abort(), after);
    const result = await sh('echo more than ten bytes; sleep 60 & wait', { ...over, signal: abort.signal });
    expect([result.killed, result.exitCode]).toEqual([killed, null]);
  });

  it('says what cannot be started', async () => {
    await expect(host.run('/no/such/program', [], options())).rejects.toThrow('ENOENT');
    expect((await sh('echo on')).stdout.toString()).toBe('on\n');
  });

  it('is started again after it was killed; what it ran is told to be lost, a retry may follow', async () => {
    const git = await makeGit({ homeDir: join(dir, 'home'), run: (...start) => host.run(...start) });
    const lost = sh(`echo $PPID > ${dir}/host; sleep 60`);
    const told = expect(lost).rejects.toThrow('the process that starts programs ended');
    const first = await pidIn('host');
    const running = expect(git.run(['cat-file', '--batch'], { deadlineMs: 20_000 })).rejects.toMatchObject({ code: 'GIT_FAILED', message: expect.stringContaining('git cat-file was cut off') });
    process.kill(first, 'SIGKILL');
    await Promise.all([told, running]);
    expect(Number((await sh('echo $PPID')).stdout)).not.toBe(first);
    expect(await git.version()).toMatch(/^\d+\.\d+/);
  });

  it('ends with what it runs when its owner lets go of it', async () => {
    const cut = expect(sh(`echo $PPID > ${dir}/owned; echo $$ > ${dir}/running; sleep 60`)).rejects.toThrow('ended');
    const [owned, running] = [await pidIn('owned'), await pidIn('running')];
    host.close();
    await cut;
    expect(await Promise.all([hasEnded(owned), hasEnded(running)])).toEqual([true, true]);
  });

  it('lives through the Ctrl-C that its owner gets too', async () => {
    const slow = sh(`echo $PPID > ${dir}/polite; sleep 0.5; echo done`);
    const pid = await pidIn('polite');
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
    expect((await slow).stdout.toString()).toBe('done\n');
  });

  it('carries what git may answer at most', async () => {
    await writeFile(join(dir, 'large'), Buffer.alloc(64 * 1024 * 1024, 7));
    const { stdout } = await sh('cat large', { maxOutputBytes: 64 * 1024 * 1024 });
    expect([stdout.length, stdout.at(-1)]).toEqual([64 * 1024 * 1024, 7]);
  });
});
