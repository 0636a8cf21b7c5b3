import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isRunning, processStartTime, thisProcess, type ChildRecord } from '@countersign/parts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openDataFolder, type DataFolder } from './data-folder.js';
import { acquireLock, readState, type DataFolderLock } from './data-folder-lock.js';

let folder: DataFolder;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = openDataFolder(mkdtempSync(join(tmpdir(), 'lock-')));
});

afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder.dir, { recursive: true, force: true });
});

async function acquired(): Promise<DataFolderLock> {
  const outcome = await acquireLock(folder);
  if (outcome.kind !== 'acquired') throw new Error('The lock is held.');
  return outcome.lock;
}

async function aChild(): Promise<ChildRecord> {
  child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e6)'], { detached: true });
  await once(child.stdout!, 'data');
  const pid = child.pid ?? 0;
  return { name: 'web', pid, startTime: processStartTime(pid) ?? 0 };
}

/** As a start leaves it that was killed with -9. */
function leaveLock(children: readonly ChildRecord[]): void {
  const dead = { pid: process.pid, startTime: 1, instanceId: folder.instanceId, children };
  writeFileSync(folder.file('lock.json'), JSON.stringify(dead));
}

describe('acquireLock', () => {
  it('tells a second start who runs and where', async () => {
    const lock = await acquired();
    lock.writeState({ addresses: { console: 'http://127.0.0.1:3000' }, parts: [] });

    const second = await acquireLock(folder);

    expect(second).toMatchObject({ kind: 'already', owner: thisProcess() });
    expect(second).toMatchObject({ state: { addresses: { console: 'http://127.0.0.1:3000' } } });
  });

  it('can be taken again after its release', async () => {
    (await acquired()).release();

    expect((await acquireLock(folder)).kind).toBe('acquired');
  });

  it('stops the children of a killed start', async () => {
    const left = await aChild();
    leaveLock([left]);

    const lock = await acquired();

    expect(lock.stopped).toEqual([left]);
    expect(isRunning(left)).toBe(false);
  });

  it('never stops a process that was given the pid of a child', async () => {
    const left = await aChild();
    leaveLock([{ ...left, startTime: left.startTime - 1 }]);

    const lock = await acquired();

    expect(lock.stopped).toEqual([]);
    expect(isRunning(left)).toBe(true);
  });

  it('takes over a lock file that cannot be read', async () => {
    writeFileSync(folder.file('lock.json'), '{"pid":');

    await acquired();

    expect(JSON.parse(readFileSync(folder.file('lock.json'), 'utf8'))).toMatchObject(thisProcess());
  });

  it('keeps one record per child name and removes the file at the end', async () => {
    const lock = await acquired();
    lock.recordChild({ name: 'web', pid: 1, startTime: 1 });
    lock.recordChild({ name: 'web', pid: 2, startTime: 2 });

    expect(JSON.parse(readFileSync(folder.file('lock.json'), 'utf8'))).toMatchObject({ children: [{ pid: 2 }] });
    lock.release();
    expect(existsSync(folder.file('lock.json'))).toBe(false);
    expect(readState(folder)).toBeUndefined();
  });
});
