import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openDataFolder } from './data-folder.js';

let parent = '';

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'data-folder-'));
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe('openDataFolder', () => {
  it('makes a folder that others cannot list and remembers who it is', () => {
    const first = openDataFolder(join(parent, 'data'));
    const second = openDataFolder(join(parent, 'data'));

    expect(second.instanceId).toBe(first.instanceId);
    expect(statSync(first.dir).mode & 0o066).toBe(0);
    expect(statSync(first.file('secrets')).mode & 0o777).toBe(0o700);
  });

  it('refuses a folder that a newer version wrote, and leaves it alone', () => {
    const { dir, file } = openDataFolder(join(parent, 'data'));
    const newer = readFileSync(file('version.json'), 'utf8').replace('"version": 1', '"version": 2');
    writeFileSync(file('version.json'), newer);

    expect(() => openDataFolder(dir)).toThrow(expect.objectContaining({ code: 'DATA_FOLDER_NEWER' }));
    expect(readFileSync(file('version.json'), 'utf8')).toBe(newer);
  });

  it('refuses a folder whose version cannot be read', () => {
    const { dir, file } = openDataFolder(join(parent, 'data'));
    writeFileSync(file('version.json'), '{');

    expect(() => openDataFolder(dir)).toThrow(expect.objectContaining({ code: 'DATA_FOLDER_DAMAGED' }));
  });
});
