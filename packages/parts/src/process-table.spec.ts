import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { describe, expect, it } from '@jest/globals';

import { isRunning, processStartTime, stopProcess, thisProcess } from './process-table.js';

const options = { signal: 'SIGTERM', timeoutMs: 300 } as const;

async function child(script: string): Promise<{ pid: number; startTime: number }> {
  const started = spawn(process.execPath, ['-e', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  await once(started.stdout, 'data');
  const pid = started.pid ?? 0;
  return { pid, startTime: processStartTime(pid) ?? 0 };
}

describe('process table', () => {
  it('tells a running process from one whose pid was given away', () => {
    const { pid, startTime } = thisProcess();

    expect(isRunning({ pid, startTime })).toBe(true);
    expect(isRunning({ pid, startTime: startTime - 1 })).toBe(false);
  });

  it('stops a process that listens to the signal', async () => {
    const target = await child('setInterval(() => {}, 1e6); console.log(1)');

    await expect(stopProcess(target, options)).resolves.toBe(true);
    expect(isRunning(target)).toBe(false);
  });

  it('kills a process that does not listen', async () => {
    const target = await child('process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6); console.log(1)');

    await expect(stopProcess(target, options)).resolves.toBe(true);
    expect(isRunning(target)).toBe(false);
  });

  it('leaves a process alone whose start time differs', async () => {
    const target = await child('setInterval(() => {}, 1e6); console.log(1)');

    await expect(stopProcess({ ...target, startTime: 1 }, options)).resolves.toBe(false);
    expect(isRunning(target)).toBe(true);
    await stopProcess(target, options);
  });
});
