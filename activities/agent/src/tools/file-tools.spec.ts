import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { answerTool } from './answer-tool.js';
import type { FileTool, ToolAnswer } from './tool-protocol.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-tools-'));
  mkdirSync(join(root, 'src'));
  mkdirSync(join(root, '.git'));
  writeFileSync(join(root, '.git/config'), 'secret');
  writeFileSync(join(root, 'src/a.ts'), 'one\ntwo\ntwo\n');
  writeFileSync(join(root, 'bin'), Buffer.from([0xff, 0]));
  symlinkSync('/etc', join(root, 'etc'));
  symlinkSync('/etc/passwd', join(root, 'passwd'));
  symlinkSync('src', join(root, 'inside'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const ask = (tool: FileTool, args: Record<string, unknown>): ToolAnswer =>
  answerTool({ root, tool, args, tracked: [{ path: 'sub', mode: '160000' }], maxFileBytes: 1000 });

describe('file tools', () => {
  it('lists and searches files, never links or .git', () => {
    expect(ask('list', {})).toEqual({ ok: true, value: { paths: ['bin', 'src/a.ts'], truncated: false } });
    expect(ask('search', { text: 'two' })).toMatchObject({ value: { found: [{ path: 'src/a.ts', line: 2 }, { line: 3 }] } });
    expect(ask('search', { text: 'root' })).toMatchObject({ value: { found: [] } });
  });

  it('reads ranges', () => {
    expect(ask('read', { path: 'src/a.ts', fromLine: 2, toLine: 2 })).toMatchObject({ value: { text: 'two', lines: 4 } });
  });

  it('edits what occurs once', () => {
    expect(ask('edit', { path: 'src/a.ts', old: 'two', new: 'x' })).toMatchObject({ ok: false, message: expect.stringContaining('more than once') });
    expect(ask('edit', { path: 'src/a.ts', old: 'none', new: 'x' })).toMatchObject({ ok: false });
    expect(ask('edit', { path: 'src/a.ts', old: 'one\ntwo', new: '$&' })).toMatchObject({ ok: true });
    expect(readFileSync(join(root, 'src/a.ts'), 'utf8')).toBe('$&\ntwo\n');
  });

  it('writes and deletes', () => {
    expect(ask('write', { path: 'new/x', content: 'é' })).toEqual({ ok: true, value: { path: 'new/x', bytes: 2 } });
    expect(ask('delete', { path: 'new/x' })).toMatchObject({ ok: true });
    expect(ask('delete', { path: 'new/x' })).toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([
    ['/etc/passwd', 'PATH_OUTSIDE_WORKSPACE'],
    ['../x', 'PATH_OUTSIDE_WORKSPACE'],
    ['src/../../x', 'PATH_OUTSIDE_WORKSPACE'],
    ['.git/config', 'PATH_OUTSIDE_WORKSPACE'],
    ['src/.GIT/x', 'PATH_OUTSIDE_WORKSPACE'],
    ['etc/passwd', 'PATH_OUTSIDE_WORKSPACE'],
    ['passwd', 'PATH_OUTSIDE_WORKSPACE'],
    ['inside/a.ts', 'PATH_OUTSIDE_WORKSPACE'],
    ['a\0b', 'INVALID_INPUT'],
    ['\ud800', 'INVALID_INPUT'],
    ['', 'INVALID_INPUT'],
  ])('refuses the path %j to every tool', (path, code) => {
    for (const [tool, args] of [['read', {}], ['edit', { old: 'a', new: 'b' }], ['write', { content: 'x' }]] as const) {
      expect(ask(tool, { path, ...args })).toMatchObject({ ok: false, code });
    }
  });

  it('refuses submodules, binary files and what is too large', () => {
    expect(ask('write', { path: 'sub/x', content: '' })).toMatchObject({ code: 'PLAN_TOUCHES_SUBMODULE' });
    expect(ask('read', { path: 'bin' })).toMatchObject({ code: 'TOOL_FAILED' });
    writeFileSync(join(root, 'big'), 'x'.repeat(1001));
    expect(ask('read', { path: 'big' })).toMatchObject({ code: 'TOOL_FAILED', message: expect.stringContaining('1001 bytes') });
    expect(ask('write', { path: 'src', content: '' })).toMatchObject({ ok: false });
  });
});
