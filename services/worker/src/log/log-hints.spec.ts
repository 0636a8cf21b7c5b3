import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it } from '@jest/globals';

import { LogHints } from './log-hints.js';

describe('hints that a log has grown', () => {
  it('are told at once, then ten times a second, and once more after the last growth', async () => {
    const told: string[] = [];
    const hints = new LogHints(async (id) => told.push(id));
    for (let count = 0; count < 1_000; count += 1) hints.grown('r1');
    hints.grown('r2');
    expect(told).toEqual(['r1', 'r2']);
    await sleep(350);
    expect(told).toEqual(['r1', 'r2', 'r1']);
    hints.grown('r1');
    expect(told).toHaveLength(4);
    hints.close();
  });

  it('may be lost without harm', async () => {
    let calls = 0;
    const hints = new LogHints(() => {
      calls += 1;
      return Promise.reject(new Error('nobody there'));
    });
    hints.grown('r1');
    await sleep(150);
    hints.grown('r1');
    expect(calls).toBe(2);
    hints.close();
  });
});
