import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { answerTool } from './answer-tool.js';
import type { ToolAnswer } from './tool-protocol.js';

let root: string;

const FILES: Readonly<Record<string, string>> = {
  'src/a.ts': 'import x\nfoo(1);\n\n\nFoo(2);\n',
  'src/b.test.ts': 'foo[0]\r\nläuft\r\n',
  'node_modules/p/i.js': 'foo\n',
  'src/costly.md': `${'-'.repeat(60)}!\n`,
  'long.js': `${'-'.repeat(500)}needle\n`,
};
const TRACKED = ['src/a.ts', 'src/b.test.ts', 'long.js', 'gone.ts'].map((path) => ({ path, mode: '100644' }));

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-search-'));
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const search = (args: Record<string, unknown>): ToolAnswer => answerTool({ root, tool: 'search', args, tracked: TRACKED, maxFileBytes: 10_000 });
const text = (args: Record<string, unknown>): unknown => {
  const answer = search(args);
  return answer.ok ? answer.value : answer;
};

describe('search', () => {
  it('takes a regular expression, by line, in tracked files only unless told', () => {
    expect(text({ pattern: 'foo\\W\\d' })).toBe('2 matches in 2 files\n\nsrc/a.ts\n2:foo(1);\n\nsrc/b.test.ts\n1:foo[0]');
    expect(text({ pattern: '^foo$' })).toBe('0 matches in 0 files');
    expect(text({ pattern: '^foo$', ignored: true })).toBe('1 match in 1 file\n\nnode_modules/p/i.js\n1:foo');
    expect(text({ pattern: '\\p{L}äuft|l\\p{L}uft' })).toContain('2:läuft');
  });

  it('takes plain text, any case, globs and what they leave out', () => {
    expect(text({ pattern: 'foo[0]', literal: true })).toContain('src/b.test.ts\n1:foo[0]');
    expect(text({ pattern: 'FOO(', literal: true, ignoreCase: true })).toBe('2 matches in 1 file\n\nsrc/a.ts\n2:foo(1);\n5:Foo(2);');
    expect(text({ pattern: '(?i)FOO', globs: ['*.ts', '!*.test.ts'] })).toMatch(/^2 matches in 1 file/);
    expect(text({ pattern: 'foo', globs: ['docs/'] })).toBe('0 matches in 0 files');
  });

  it('shows lines around a match', () => {
    expect(text({ pattern: '^foo\\(|^Foo', context: 1 })).toBe('2 matches in 1 file\n\nsrc/a.ts\n1-import x\n2:foo(1);\n3-\n4-\n5:Foo(2);');
  });

  it('shows so many matches, and answers all of them apart', () => {
    expect(search({ pattern: 'foo', ignoreCase: true, maxMatches: 1 })).toEqual({
      ok: true,
      value: '3 matches in 2 files; the first 1 are shown\n\nsrc/a.ts\n2:foo(1);',
      full: '3 matches in 2 files\n\nsrc/a.ts\n2:foo(1);\n5:Foo(2);\n\nsrc/b.test.ts\n1:foo[0]',
    });
    expect(text({ pattern: 'needle' })).toContain('… (206 more characters in this line)');
  });

  it('ends an expression that would take for ever, with what it has found', () => {
    const args = { pattern: '(-+)+$|foo' };
    const answer = answerTool({ root, tool: 'search', args, tracked: [{ path: 'src/a.ts', mode: '100644' }, { path: 'src/costly.md', mode: '100644' }], maxFileBytes: 10_000, searchTimeoutMs: 200 });
    expect(answer).toEqual({ ok: true, value: '1 match in 1 file, and ran out of time in src/costly.md: the pattern is too costly there\n\nsrc/a.ts\n2:foo(1);' });
  });

  it.each([['a(', /Invalid regular expression.*literal/], ['a\\nb', /one line at a time/], ['a\nb', /one line at a time/], ['[', /Invalid regular expression/]])('says what is wrong with the pattern %j', (pattern, message) => {
    expect(search({ pattern })).toMatchObject({ ok: false, code: 'INVALID_INPUT', message: expect.stringMatching(message) });
  });
});
