import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { formatMb, measureUsage } from './disk-usage.js';

describe('measureUsage', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-usage-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('counts files of any name below a folder and follows no link', async () => {
    await mkdir(join(folder, 'a b'));
    await writeFile(Buffer.concat([Buffer.from(`${folder}/a b/-n\n`), Buffer.from([0xff])]), Buffer.alloc(100_000, 1));
    await symlink('/', join(folder, 'root'));
    const usage = await measureUsage(folder);
    expect(usage).toMatchObject({ entries: 3, complete: true });
    expect(usage.bytes).toBeGreaterThanOrEqual(100_000);
    expect(usage.bytes).toBeLessThan(200_000);
  });

  it('stops counting at its limit and says so', async () => {
    for (const name of ['1', '2', '3']) await writeFile(join(folder, name), 'x');
    const usage = await measureUsage(folder, 2);
    expect(usage).toMatchObject({ entries: 2, complete: false });
    expect(formatMb(usage)).toMatch(/^more than /);
  });

  it('answers nothing for a folder that is gone', async () => {
    expect(await measureUsage(join(folder, 'gone'))).toEqual({ bytes: 0, entries: 0, complete: true });
  });
});
