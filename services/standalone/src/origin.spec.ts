import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { originOf } from './origin.js';

describe('the origin of an installation', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'countersign-origin-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const folder = () => ({ instanceId: 'i-1', file: (...names: string[]) => join(dir, ...names) });

  it('is made of the installation where none is set, and stays', () => {
    expect(originOf(folder(), undefined)).toBe('countersign.local/i-1');
    expect(originOf({ ...folder(), instanceId: 'i-2' }, undefined)).toBe('countersign.local/i-1');
  });

  it('is what was set first, and no other one later', () => {
    expect(originOf(folder(), 'example.org/cs')).toBe('example.org/cs');
    expect(originOf(folder(), undefined)).toBe('example.org/cs');
    expect(() => originOf(folder(), 'example.org/other')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', field: 'COUNTERSIGN_ORIGIN' }));
  });
});
