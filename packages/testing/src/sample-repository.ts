import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Runs git as a person would, with nothing of ours. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-c', 'safe.directory=*', ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 256_000_000,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' },
  });
}

/**
 * A repository that is not ours: 220 tracked files, `computeTotal` in four of them as code, and also in a
 * string, a comment and as part of longer words; one test run by `node --test`.
 */
export function sampleRepository(dir: string): string {
  mkdirSync(join(dir, 'src/parts'), { recursive: true });
  mkdirSync(join(dir, 'test'), { recursive: true });
  const files: Record<string, string> = {
    'package.json': '{ "name": "sample", "version": "1.0.0", "type": "module" }\n',
    'README.md': '# Sample\n\nCall the total function.\n',
    'src/total.js':
      '// computeTotal adds the prices.\nexport function computeTotal(items) {\n  return items.reduce((sum, item) => sum + item.price, 0);\n}\n',
    'src/cart.js':
      "import { computeTotal } from './total.js';\n\nexport const cart = (items) => ({ items, total: computeTotal(items), label: 'computeTotal' });\n",
    'src/report.js':
      "import { computeTotal } from './total.js';\n\nexport function report(items) {\n  const computeTotals = 1;\n  return `${computeTotals}: ${computeTotal(items)}`;\n}\n",
    'test/total.test.js':
      "import assert from 'node:assert/strict';\nimport test from 'node:test';\nimport { cart } from '../src/cart.js';\nimport { computeTotal } from '../src/total.js';\n\ntest('adds', () => assert.equal(computeTotal([{ price: 2 }, { price: 3 }]), 5));\ntest('carts', () => assert.equal(cart([{ price: 2 }]).total, 2));\n",
    'src/with space.js': 'export const spaced = 1;\r\n',
    'src/no-newline.js': 'export const last = 1;',
  };
  for (let i = 0; i < 212; i += 1) files[`src/parts/part-${i}.js`] = `export const part${i} = ${i};\n`;
  for (const [path, text] of Object.entries(files)) writeFileSync(join(dir, path), text);
  git(dir, 'init', '-q', '-b', 'main');
  git(dir, 'add', '-A');
  git(dir, 'commit', '-q', '-m', 'Begin');
  return dir;
}
