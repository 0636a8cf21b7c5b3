import type { ExecResult } from '@countersign/sandbox';
import { describe, expect, it } from '@jest/globals';

import { leftNothing, tracesIn } from './left-behind.js';

const DONE: ExecResult = { exitCode: 0, timedOut: false, cancelled: false, stdout: '', stderr: '', truncated: false, durationMs: 1 };
const NONE = { processes: 3, paths: [] };

describe('tracesIn', () => {
  const look = (over: Partial<ExecResult>) => tracesIn({ exec: async () => ({ ...DONE, ...over }) });

  it('counts what runs and names what was left', async () => {
    expect(await look({ stdout: '/proc/1\n/proc/22\n/tmp/a\n/tmp/a/b c\n' })).toEqual({ processes: 2, paths: ['/tmp/a', '/tmp/a/b c'] });
  });

  it('goes on with no sandbox whose processes ended because it took too long', async () => {
    await expect(look({ exitCode: null, timedOut: true })).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
  });

  it('says nothing where it cannot tell', async () => {
    expect(await look({ exitCode: 127 })).toBeUndefined();
    expect(await look({ truncated: true })).toBeUndefined();
  });
});

describe('leftNothing', () => {
  it('overlooks what programs keep to themselves', () => {
    const paths = ['/tmp/node-compile-cache', '/tmp/node-compile-cache/v24/x', '/tmp/hsperfdata_root', '/tmp/.config', '/tmp/.config/go', '/tmp/.config/go/telemetry/local/x', '/tmp/v8-compile-cache-10001/x'];
    expect(leftNothing(NONE, { processes: 3, paths })).toBe(true);
  });

  it.each(['/tmp/.local', '/tmp/.local/lib/python3/site-packages/x.py', '/tmp/.config/tool', '/tmp/.config/gone', '/dev/shm/x', '/tmp/.cache/pypoetry/virtualenvs/x', '/tmp/node-compile-cache-not', 'of a name\nwith a line'])('does not overlook %j', (path) => {
    expect(leftNothing(NONE, { processes: 3, paths: path.split('\n') })).toBe(false);
  });

  it('does not overlook a process, nor what could not be looked at', () => {
    expect(leftNothing(NONE, { processes: 4, paths: [] })).toBe(false);
    expect(leftNothing(undefined, NONE)).toBe(false);
    expect(leftNothing(NONE, undefined)).toBe(false);
  });
});
