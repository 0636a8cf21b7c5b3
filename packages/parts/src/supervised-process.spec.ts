import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { isRunning } from './process-table.js';
import { SupervisedProcess, type ChildRecord, type SupervisedProcessOptions } from './supervised-process.js';

let dir = '';
let running: SupervisedProcess | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'supervised-'));
});

afterEach(async () => {
  await running?.stop();
  rmSync(dir, { recursive: true, force: true });
});

function aProcess(script: string, over: Partial<SupervisedProcessOptions> = {}): SupervisedProcess {
  const logFile = join(dir, 'log');
  running = new SupervisedProcess({
    name: 'sample',
    command: process.execPath,
    args: ['-e', script],
    env: {},
    logFile,
    isReady: async () => readFileSync(logFile, 'utf8').includes('ready'),
    readyTimeoutMs: 5_000,
    ...over,
  });
  return running;
}

const SERVES = 'console.log("ready"); setInterval(() => {}, 1e6)';

describe('SupervisedProcess', () => {
  it('returns when the child is ready and stops it again', async () => {
    const sample = aProcess(SERVES);

    const record = await sample.start();
    expect(isRunning(record)).toBe(true);

    await sample.stop();
    expect(isRunning(record)).toBe(false);
  });

  it('fails with the end of the log when the child ends while it starts', async () => {
    const sample = aProcess('console.log("no such table"); process.exit(3)');

    await expect(sample.start()).rejects.toMatchObject({
      code: 'PART_NOT_READY',
      message: expect.stringContaining('no such table'),
    });
  });

  it('leaves nothing behind when the child is not ready in time', async () => {
    let record: ChildRecord | undefined;
    const sample = aProcess('setInterval(() => {}, 1e6)', { readyTimeoutMs: 200, onStarted: (child) => void (record = child) });

    await expect(sample.start()).rejects.toMatchObject({ code: 'PART_NOT_READY' });
    expect(record && isRunning(record)).toBe(false);
  });

  it('says which program is missing', async () => {
    const sample = aProcess('', { command: join(dir, 'nothing') });

    await expect(sample.start()).rejects.toMatchObject({ code: 'PART_MISSING' });
  });

  it('starts a killed child again and tells about both', async () => {
    const told: string[] = [];
    const sample = aProcess(SERVES, {
      onExit: ({ reason }) => told.push(reason),
      onRestarted: () => told.push('restarted'),
    });
    const first = await sample.start();

    process.kill(first.pid, 'SIGKILL');
    while (!told.includes('restarted')) await sleep(20);

    expect(told).toEqual(['SIGKILL', 'restarted']);
    expect(sample.current?.pid).not.toBe(first.pid);
  });

  it('goes on trying while the child ends again and again', async () => {
    const counter = join(dir, 'count');
    writeFileSync(counter, '');
    const script = `const fs = require("node:fs"); fs.appendFileSync(${JSON.stringify(counter)}, "x");
      const n = fs.readFileSync(${JSON.stringify(counter)}, "utf8").length; if (n === 2) process.exit(1); ${SERVES}`;
    const told: string[] = [];
    let needed = 0;
    const sample = aProcess(script, {
      onStarted: () => void (needed = Math.min(needed + 1, 2)),
      isReady: async () => readFileSync(join(dir, 'log'), 'utf8').split('ready').length > needed,
      onExit: () => told.push('exit'),
      onRestarted: () => told.push('restarted'),
    });
    const first = await sample.start();

    process.kill(first.pid, 'SIGKILL');
    while (!told.includes('restarted')) await sleep(20);

    expect(told).toEqual(['exit', 'exit', 'restarted']);
  });
});
