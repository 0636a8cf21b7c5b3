import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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

const TRACKED = ['bin', 'src/a.ts', 'passwd', 'inside/a.ts', 'gone'].map((path) => ({ path, mode: '100644' }));
const ask = (tool: FileTool, args: Record<string, unknown>): ToolAnswer =>
  answerTool({ root, tool, args, tracked: [...TRACKED, { path: 'sub', mode: '160000' }], maxFileBytes: 1000 });

describe('file tools', () => {
  it('lists tracked files within globs, never links or .git, and the others only where asked', () => {
    writeFileSync(join(root, 'src/ignored.js'), '');
    expect(ask('list', {})).toEqual({ ok: true, value: '2 files\nbin\nsrc/a.ts' });
    expect(ask('list', { globs: ['src/', '!*.ts'], ignored: true })).toEqual({ ok: true, value: '1 file\nsrc/ignored.js' });
    expect(ask('list', { ignored: true })).toEqual({ ok: true, value: '3 files\nbin\nsrc/a.ts\nsrc/ignored.js' });
  });

  it('shows the beginning of a long list and answers the whole of it apart', () => {
    const tracked = Array.from({ length: 501 }, (_, at) => ({ path: `n${1000 + at}`, mode: '100644' }));
    for (const { path } of tracked) writeFileSync(join(root, path), '');
    const answer = answerTool({ root, tool: 'list', args: {}, tracked, maxFileBytes: 1000 });
    expect(answer).toMatchObject({ ok: true, value: expect.stringMatching(/^501 files; the first 500 are shown\nn1000\n[^]*\nn1499$/), full: expect.stringMatching(/^501 files\n[^]*\nn1500$/) });
  });

  it('reads ranges with line numbers and says what they are of', () => {
    expect(ask('read', { path: 'src/a.ts', fromLine: 2, toLine: 2 })).toEqual({ ok: true, value: 'src/a.ts, lines 2-2 of 3\n2\ttwo' });
    expect(ask('read', { path: 'src/a.ts', fromLine: 9 })).toEqual({ ok: true, value: 'src/a.ts has 3 lines; there is nothing in lines 9 to 9' });
    writeFileSync(join(root, 'crlf'), 'a\r\n\tb');
    expect(ask('read', { path: 'crlf' })).toEqual({ ok: true, value: 'crlf, lines 1-2 of 2, which end with CRLF\n1\ta\n2\t\tb\n(no line end after the last line)' });
  });

  it('cuts what is long by lines and within lines, and says how to read on', () => {
    writeFileSync(join(root, 'many'), 'x\n'.repeat(2500));
    expect(ask('read', { path: 'many' })).toMatchObject({ value: expect.stringMatching(/^many, lines 1-2000 of 2500\n[^]*\n\(lines 2001-2500 are not shown; read on with fromLine 2001\)$/) });
    writeFileSync(join(root, 'wide'), `${'y'.repeat(2000)}end\n`);
    expect(ask('read', { path: 'wide' })).toMatchObject({ value: expect.stringContaining('yyy… (3 more characters in this line)') });
    expect(ask('read', { path: 'wide', fromColumn: 2001 })).toMatchObject({ value: expect.stringContaining('1\tend') });
  });

  it('writes and deletes', () => {
    expect(ask('write', { path: 'new/x', content: 'é' })).toEqual({ ok: true, value: 'new/x added, 2 bytes' });
    expect(ask('write', { path: 'new/x', content: '' })).toEqual({ ok: true, value: 'new/x written over, 0 bytes' });
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
    for (const [tool, args] of [['read', {}], ['edit', { edits: [{ old: 'a', new: 'b' }] }], ['write', { content: 'x' }]] as const) {
      expect(ask(tool, { path, ...args })).toMatchObject({ ok: false, code });
    }
  });

  it('refuses submodules, binary files and what is too large', () => {
    expect(ask('write', { path: 'sub/x', content: '' })).toMatchObject({ code: 'PLAN_TOUCHES_SUBMODULE' });
    expect(ask('read', { path: 'bin' })).toMatchObject({ code: 'TOOL_FAILED' });
    writeFileSync(join(root, 'big'), 'x'.repeat(1001));
    expect(ask('edit', { path: 'big', edits: [{ old: 'x', new: 'y' }] })).toMatchObject({ code: 'TOOL_FAILED', message: expect.stringContaining('1001 bytes') });
    expect(ask('write', { path: 'src', content: '' })).toMatchObject({ ok: false });
  });
});
