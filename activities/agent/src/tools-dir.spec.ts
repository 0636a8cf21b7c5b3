import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { buildTools } from './testing/tools-build.js';
import { materialiseTools } from './tools-dir.js';

let folder: string;
let dist: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-tools-dir-'));
  dist = join(folder, 'dist');
  buildTools(dist);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('materialiseTools', () => {
  it('makes one folder that works on its own, also when asked twice at once', async () => {
    const input = { targetDir: join(folder, 'cache'), packageDist: dist, resolveFrom: join(__dirname, '..') };
    const [first, second] = await Promise.all([materialiseTools(input), materialiseTools(input)]);
    expect(second).toBe(first);
    expect(readdirSync(input.targetDir)).toHaveLength(1);
    expect(statSync(first).mode & 0o777).toBe(0o755);

    const root = join(folder, 'workspace');
    mkdirSync(root);
    writeFileSync(join(root, 'a.ts'), 'foo; "foo"');
    const request = { root, tool: 'recipe', args: { instructions: ['rename foo to bar'], dryRun: true }, tracked: [{ path: 'a.ts', mode: '100644' }], maxFileBytes: 1000 };
    const answer = execFileSync(process.execPath, [join(first, 'tools/main.js')], { input: JSON.stringify(request), cwd: '/', env: {}, stdio: ['pipe', 'pipe', 'ignore'] });
    expect(JSON.parse(answer.toString('utf8'))).toMatchObject({ ok: true, value: { outcomes: [{ ok: true, files: [{ path: 'a.ts', places: 1 }] }] } });
  });

  it('says what to type where something is missing', async () => {
    const input = { targetDir: join(folder, 'cache'), packageDist: folder, resolveFrom: __dirname };
    await expect(materialiseTools(input)).rejects.toMatchObject({ code: 'PART_MISSING' });
    await expect(materialiseTools({ ...input, packageDist: dist, arch: 'riscv64' })).rejects.toMatchObject({ code: 'PART_MISSING' });
  });
});
