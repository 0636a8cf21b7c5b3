import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { RunningLogs } from './running-logs.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'logs-'));
});
afterEach(() => rm(dir, { recursive: true }));

const text = (id: string) => readFile(join(dir, `${id}.log`), 'utf8');

describe('running logs', () => {
  it('keep the order of everybody who writes to one request', async () => {
    const logs = new RunningLogs(dir);
    await Promise.all([logs.linesOf('r1').append('one'), logs.of('r1').append('two\n'), logs.linesOf('r1').append('three\n')]);
    expect(await text('r1')).toBe('one\ntwo\nthree\n');
  });

  it('store an unfinished line when they close', async () => {
    const logs = new RunningLogs(dir);
    await logs.of('r1').append('no end');
    await logs.close();
    expect(await text('r1')).toBe('no end');
  });

  it('let go of the one unused for longest, and lose nothing of it', async () => {
    const logs = new RunningLogs(dir);
    await logs.of('r0').append('held back');
    for (let n = 1; n <= 200; n += 1) logs.of(`r${n}`);
    await logs.of('r0').append(' and on\n');
    await logs.close();
    expect(await text('r0')).toBe('held back and on\n');
  });
});
