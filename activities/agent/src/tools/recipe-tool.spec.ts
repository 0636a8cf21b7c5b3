import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import ts from 'typescript';

import { answerTool } from './answer-tool.js';
import type { RecipeOutcome, RecipeValue, TrackedEntry } from './tool-protocol.js';

let root: string;
let tracked: TrackedEntry[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-recipe-'));
  tracked = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function file(path: string, content: string | Buffer, mode = '100644'): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  if (mode === '100755') chmodSync(join(root, path), 0o755);
  tracked.push({ path, mode });
}

function recipes(instructions: readonly string[], dryRun = false, maxFileBytes = 1024 * 1024): readonly RecipeOutcome[] {
  const answer = answerTool({ root, tool: 'recipe', args: { instructions, dryRun }, tracked, maxFileBytes });
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.message}`);
  return (answer.value as RecipeValue).outcomes;
}

const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const one = (instruction: string): RecipeOutcome | undefined => recipes([instruction])[0];

/** A script that does not use our code: the TypeScript compiler's own identifiers. */
function oracle(path: string, source: string, from: string, to: string): { text: string; places: number } {
  const kind = /\.(tsx|jsx|js|mjs|cjs)$/.test(path) ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const tree = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true, kind);
  const starts: number[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && source.slice(node.getStart(tree), node.end) === from) starts.push(node.getStart(tree));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  let result = source;
  for (const at of starts.reverse()) result = result.slice(0, at) + to + result.slice(at + from.length);
  return { text: result, places: starts.length };
}

const CODE: Readonly<Record<string, string>> = {
  'src/a.ts': [
    "import total, { total as other } from './total';",
    '/** total of everything, and `total` */',
    'const o = { total, total: 1, ["total"]: total, get total() { return subtotal; } };',
    'const { total: t, total: total2 } = o; const { total = 3 } = o;',
    'const s = `total ${total} 😀 ${`${total}`}` + "total" + \'total\'; // total',
    'total: for (;;) break total;',
    'class Total { #total = 1; total = this.#total; static total(): total { return o?.total!; } constructor(private total: total) {} }',
    'type total = total.total<total>; enum E { total, b = total } const r = /total/;',
    'namespace total.total {} function f(this: total, total?: total): total is total { return true; }',
    'interface total { total: total; total(): void; [total: string]: total }',
    'type M = { [total in keyof total]: `a${total}` }; let l: [total: string]; export * as total from "total";',
    'let x: typeof total; @total class D {} new.target; import.meta.total; total satisfies total; <total>total;',
    'totalX; Xtotal; total_; _total; $total; total$; total1;',
  ].join('\r\n'),
  'src/b.tsx': 'const e = <total total="total" {...total}>total {total}<total.total/></total>;\n// total',
  'src/c.jsx': '\uFEFF#!/usr/bin/env node\nexport const V = () => <a b={total}>total</a>',
  'src/d.mjs': 'export { total } from "./total";\nexport { x as total };\n',
  'src/e.cjs': 'module.exports = { total };\nmodule.exports.total = total\n',
  'src/f.mts': 'export declare const total: unique symbol;',
  'src/g.cts': 'import total = require("total"); export = total;',
  'src/h.js': 'async function* total() { yield* total(); label: { break label } }',
};

describe('rename', () => {
  it('makes byte for byte what a script without our code makes', () => {
    for (const [path, source] of Object.entries(CODE)) file(path, source);
    const outcome = one('rename total to sum');
    expect(outcome).toMatchObject({ ok: true });
    const places = new Map(outcome?.ok ? outcome.files.map((entry) => [entry.path, entry.places]) : []);
    for (const [path, source] of Object.entries(CODE)) {
      const expected = oracle(path, source, 'total', 'sum');
      expect({ path, text: text(path), places: places.get(path) }).toEqual({ path, ...expected });
    }
  });

  it('uses Unicode word boundaries where it knows no syntax, and keeps endings, marks and modes', () => {
    file('run.sh', '#!/bin/sh\r\necho total "$total" subtotal totalé étotal total-x (total)', '100755');
    file('README.md', '\uFEFFtotal total_1 total.');
    expect(one('rename total to sum')).toMatchObject({ ok: true, files: [{ path: 'README.md', places: 2 }, { path: 'run.sh', places: 3 }] });
    expect(text('run.sh')).toBe('#!/bin/sh\r\necho sum "$total" subtotal totalé étotal sum-x (sum)');
    expect(text('README.md')).toBe('\uFEFFsum total_1 sum.');
    expect(statSync(join(root, 'run.sh')).mode & 0o777).toBe(0o755);
  });

  it('refuses a name that is taken in a touched file, with the places, and changes nothing', () => {
    file('a.ts', 'total;\nconst sum = 1; // sum\nsum;');
    file('b.ts', 'total; "sum"');
    file('c.ts', 'sum');
    expect(one('rename total to sum')).toMatchObject({ ok: false, code: 'RENAME_TARGET_TAKEN', message: expect.stringContaining('a.ts:2, a.ts:3') });
    expect(text('b.ts')).toBe('total; "sum"');
    expect(one('rename total to sum in b.ts')).toMatchObject({ ok: true });
  });

  it('refuses a word of the language as the new name in code only', () => {
    file('a.ts', 'total');
    file('b.txt', 'total');
    expect(one('rename total to class')).toMatchObject({ code: 'RENAME_TARGET_TAKEN' });
    expect(one('rename total to class in *.txt')).toMatchObject({ ok: true });
  });

  it('says what it looked for where nothing is found', () => {
    file('a.ts', '"total" // total');
    expect(one('rename total to sum in src/**')).toMatchObject({ code: 'NOTHING_TO_CHANGE', message: expect.stringMatching(/identifier total was not found in the 0 tracked files in src\/\*\*/) });
    expect(one('rename total to sum')).toMatchObject({ code: 'NOTHING_TO_CHANGE' });
  });
});

describe('replace', () => {
  it('replaces literal text in code, strings and other files alike', () => {
    file('a.ts', "const a = 'x.*'; // x.*");
    file('b.txt', 'x.*x.*\r\n');
    expect(one('replace "x.*" with "$&\\n"')).toMatchObject({ ok: true, files: [{ places: 2 }, { places: 2 }] });
    expect(text('b.txt')).toBe('$&\n$&\n\r\n');
  });

  it('leaves binary, huge, linked and untracked files alone and says so', () => {
    file('bin', Buffer.from('old\0'));
    file('latin1.txt', Buffer.from([0x6f, 0x6c, 0x64, 0xe9]));
    file('big.txt', `old${' '.repeat(100)}`);
    file('ok.txt', 'old');
    symlinkSync('ok.txt', join(root, 'link'));
    tracked.push({ path: 'link', mode: '120000' }, { path: 'gone.txt', mode: '100644' });
    writeFileSync(join(root, 'untracked.txt'), 'old');
    const [outcome] = recipes(['replace "old" with "new"'], false, 50);
    expect(outcome).toMatchObject({
      ok: true,
      files: [{ path: 'ok.txt', places: 1 }],
      notes: ['Skipped 2 (not UTF-8 text): bin, latin1.txt.', 'Skipped 1 (too large): big.txt.', 'Skipped 1 (symbolic links): link.', 'Skipped 1 (not in the workspace): gone.txt.'],
    });
    expect(text('untracked.txt')).toBe('old');
  });

  it('matches globs with dots, braces, folders and bare names', () => {
    for (const path of ['a.md', 'docs/a.md', 'docs/b.txt', '.github/x.yml', 'src/.hidden/a.md']) file(path, 'old');
    const found = (glob: string): readonly string[] => {
      const [outcome] = recipes([`replace "old" with "new" in "${glob}"`], true);
      return outcome?.ok ? outcome.files.map((entry) => entry.path) : [];
    };
    expect(found('*.md')).toEqual(['a.md', 'docs/a.md', 'src/.hidden/a.md']);
    expect(found('./*.md')).toEqual(['a.md']);
    expect(found('docs/')).toEqual(['docs/a.md', 'docs/b.txt']);
    expect(found('{.github,docs}/**')).toEqual(['.github/x.yml', 'docs/a.md', 'docs/b.txt']);
    expect(found('**/[ab].???')).toEqual(['docs/b.txt']);
  });
});

describe('add and delete', () => {
  it('adds exactly the content, also below new folders and with odd names', () => {
    expect(one('add file "d/e f/-x\\n.txt"\n```\nhi\n```')).toMatchObject({ ok: true, files: [{ path: 'd/e f/-x\n.txt', change: 'add' }] });
    expect(text('d/e f/-x\n.txt')).toBe('hi\n');
  });

  it.each([
    ['add file a.txt\n```\n```', 'ALREADY_EXISTS'],
    ['add file a.txt/b\n```\n```', 'ALREADY_EXISTS'],
    ['add file a.txt/b/c\n```\n```', 'ALREADY_EXISTS'],
    ['add file d\n```\n```', 'ALREADY_EXISTS'],
    ['add file untracked\n```\n```', 'ALREADY_EXISTS'],
    ['add file out/x\n```\n```', 'PATH_OUTSIDE_WORKSPACE'],
    ['add file dangling/x\n```\n```', 'PATH_OUTSIDE_WORKSPACE'],
    ['add file sub/x\n```\n```', 'PLAN_TOUCHES_SUBMODULE'],
    ['delete file missing', 'NOT_FOUND'],
    ['delete file untracked', 'NOT_FOUND'],
    ['delete file sub', 'PLAN_TOUCHES_SUBMODULE'],
    ['delete file model.bin', 'PLAN_TOUCHES_LFS'],
    ['replace "oid" with "x"', 'PLAN_TOUCHES_LFS'],
    ['replace "path" with "x" in .gitmodules', 'PLAN_TOUCHES_SUBMODULE'],
    ['make it better', 'MODEL_CANNOT'],
  ])('refuses %j with %s', (instruction, code) => {
    file('a.txt', 'x');
    file('d/e', 'x');
    file('.gitmodules', '[submodule "sub"]\n\tpath = sub\n');
    file('model.bin', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n');
    tracked.push({ path: 'sub', mode: '160000' });
    writeFileSync(join(root, 'untracked'), 'x');
    symlinkSync('/tmp', join(root, 'out'));
    symlinkSync('/nowhere-at-all', join(root, 'dangling'));
    expect(one(instruction)).toMatchObject({ ok: false, code });
  });

  it('deletes a link itself, and gives a file added again a new mode', () => {
    file('x.sh', 'x', '100755');
    symlinkSync('x.sh', join(root, 'l'));
    tracked.push({ path: 'l', mode: '120000' });
    expect(recipes(['delete file l', 'delete file x.sh', 'add file x.sh\n```\ny\n```']).every(({ ok }) => ok)).toBe(true);
    expect(statSync(join(root, 'x.sh')).mode & 0o111).toBe(0);
    expect(statSync(join(root, 'l'), { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe('several recipes', () => {
  const steps = ['rename a to b', 'replace "b" with "c" in *.ts', 'add file n.ts\n```\nc\n```', 'rename c to d', 'delete file old.ts'];

  it('plans on what the earlier ones would leave, without touching the workspace, and executes the same', () => {
    file('x.ts', 'a; "a"');
    file('old.ts', 'a');
    const planned = recipes(steps, true);
    expect(planned.map((outcome) => (outcome.ok ? outcome.files.length : outcome.code))).toEqual([2, 2, 1, 3, 1]);
    expect(text('x.ts')).toBe('a; "a"');
    // One call for each step, as the executor does it; what is tracked comes from the snapshot before.
    const executed = steps.map((step) => {
      const outcome = one(step);
      if (step.startsWith('add')) tracked.push({ path: 'n.ts', mode: '100644' });
      return outcome;
    });
    expect(executed).toEqual(planned);
    expect([text('x.ts'), text('n.ts')]).toEqual(['d; "a"', 'd\n']);
  });

  it('changes nothing at all where one is refused', () => {
    file('x.ts', 'a');
    expect(recipes(['rename a to b', 'delete file missing']).map(({ ok }) => ok)).toEqual([true, false]);
    expect(text('x.ts')).toBe('a');
  });
});
