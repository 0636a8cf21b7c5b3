import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { BareRepository, RequestWorkspace, TreeCache, workspaceRoot } from '@countersign/git';
import { aGit } from '@countersign/git/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const FILES = 600;
const FILE_BYTES = 850_000;
const BLOCK = 65_536;

let at: Awaited<ReturnType<typeof aGit>>;
let bare: string;
let base: string;
let count = 0;

/** Half noise, half text, each file another: a pack of about half the size, like that of a repository with assets. */
function contentOf(noise: Buffer, file: number): Buffer {
  const text = Buffer.from(`${noise.toString('hex', file, file + 31)}\n`.repeat(BLOCK / 63));
  const parts: Buffer[] = [];
  for (let at = 0; at < FILE_BYTES; at += 2 * BLOCK) parts.push(noise.subarray((file * 9973 + at) % (noise.length - BLOCK)).subarray(0, BLOCK), text);
  return Buffer.concat(parts).subarray(0, FILE_BYTES);
}

/** One commit, written by `fast-import` straight into a pack. */
async function makeLargeRepository(): Promise<void> {
  await BareRepository.init(at.git, bare, 'sha1');
  const importer = spawn('git', ['-c', 'core.compression=1', 'fast-import', '--quiet', '--depth=0'], { env: { PATH: process.env['PATH'], GIT_DIR: bare, HOME: at.dir }, stdio: ['pipe', 'ignore', 'inherit'] });
  const write = async (text: Buffer | string): Promise<void> => {
    if (!importer.stdin.write(text)) await once(importer.stdin, 'drain');
  };
  const noise = randomBytes(40_000_000);
  await write('commit refs/heads/main\ncommitter Ada <ada@example.org> 0 +0000\ndata 1\nx\n');
  for (let file = 0; file < FILES; file += 1) {
    const content = contentOf(noise, file);
    await write(`M 100644 inline part${file % 20}/src${file % 7}/file${file}\ndata ${content.length}\n`);
    await write(content);
    await write('\n');
  }
  importer.stdin.end();
  expect((await once(importer, 'close'))[0]).toBe(0);
}

beforeAll(async () => {
  at = await aGit();
  bare = join(at.dir, 'bare');
  await makeLargeRepository();
  base = (await new BareRepository(at.git, bare).resolve('refs/heads/main')) ?? '';
}, 120_000);
afterAll(() => at.remove(), 60_000);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000;
}

async function cloneSeconds(): Promise<number> {
  const target = join(at.dir, 'clone');
  const seconds = await timed(() => at.git.run(['clone', '-q', `file://${bare}`, target], { deadlineMs: 120_000, protocols: 'file' }));
  await rm(target, { recursive: true });
  return seconds;
}

async function workspaceSeconds(cache: TreeCache, readOnly: boolean): Promise<number> {
  const workspace = new RequestWorkspace({ git: at.git, root: workspaceRoot(at.dir, `r${(count += 1)}`), bare, cache });
  const seconds = await timed(async () => {
    await workspace.prepare();
    await workspace.checkout('work', base, { readOnly });
  });
  await workspace.destroy();
  return seconds;
}

describe('the second workspace of a repository of 500 MB', () => {
  it('costs at most a tenth of a clone', async () => {
    const options = { dir: join(at.dir, 'cache'), maxBytes: 4e9 };
    const onDemand = new TreeCache(options);
    const first = await workspaceSeconds(onDemand, false);
    const copied = await workspaceSeconds(onDemand, false);
    const cache = new TreeCache({ ...options, spares: true });
    await workspaceSeconds(cache, false);
    const said: string[] = [];
    let ratio = Infinity;
    // The machine may be busy with something else during one of the two.
    for (let attempt = 0; attempt < 2 && ratio > 0.1; attempt += 1) {
      await cache.idle();
      const clone = await cloneSeconds();
      const second = await workspaceSeconds(cache, false);
      await cache.idle();
      const readOnly = await workspaceSeconds(cache, true);
      ratio = second / clone;
      said.push(`clone ${clone.toFixed(2)} s, first workspace ${first.toFixed(2)} s, second ${second.toFixed(2)} s (${ratio.toFixed(3)}), copied on demand ${copied.toFixed(2)} s, read-only ${readOnly.toFixed(2)} s`);
    }
    process.stdout.write(`${said.join('\n')}\n`);
    expect(ratio).toBeLessThanOrEqual(0.1);
  }, 180_000);
});
