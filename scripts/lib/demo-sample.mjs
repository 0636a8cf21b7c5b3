// The sample repository of the demo: a small shop in plain JavaScript, the same commit wherever it is made.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, sep } from 'node:path';

import { cacheRoot } from './cache.mjs';
import { idOf } from './clone.mjs';
import { run } from './run.mjs';

const DATE = '2026-01-05T09:00:00Z';
const IDENTITY = {
  GIT_AUTHOR_NAME: 'Sample Author',
  GIT_AUTHOR_EMAIL: 'author@sample.test',
  GIT_AUTHOR_DATE: DATE,
  GIT_COMMITTER_NAME: 'Sample Author',
  GIT_COMMITTER_EMAIL: 'author@sample.test',
  GIT_COMMITTER_DATE: DATE,
  // Hooks, templates and signing of this machine have no place in it.
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

const FILES = {
  'README.md': `# Sample shop

Prices in cents, totals with tax. \`node --test\` runs the tests.
`,
  'package.json': `{
  "name": "sample-shop",
  "version": "1.0.0",
  "private": true,
  "type": "module",
  "scripts": { "test": "node --test" }
}
`,
  'src/cart.js': `/** The sum of a cart's items in cents. */
export function computeTotal(items) {
  return items.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
}

export function isEmpty(items) {
  return items.length === 0;
}
`,
  'src/tax.js': `const RATE = 0.19;

export function withTax(cents) {
  return Math.round(cents * (1 + RATE));
}
`,
  'src/invoice.js': `import { computeTotal } from './cart.js';
import { formatCents } from './format.js';
import { withTax } from './tax.js';

// A longer word, a comment about computeTotal and a string stay as they are when it is renamed.
export const computeTotalLabel = 'computeTotal of the cart';

export function invoice(items) {
  return \`Total: \${formatCents(withTax(computeTotal(items)))}\`;
}
`,
  'src/format.js': `export function formatCents(cents) {
  return \`\${Math.floor(cents / 100)}.\${String(cents % 100).padStart(2, '0')}\`;
}
`,
  'test/cart.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';

import { computeTotal, isEmpty } from '../src/cart.js';

test('adds price times quantity', () => {
  assert.equal(computeTotal([{ price: 250, quantity: 2 }, { price: 100, quantity: 1 }]), 600);
});

test('an empty cart costs nothing', () => {
  assert.ok(isEmpty([]));
  assert.equal(computeTotal([]), 0);
});
`,
  'test/invoice.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';

import { invoice } from '../src/invoice.js';

test('an invoice shows the total with tax', () => {
  assert.equal(invoice([{ price: 1000, quantity: 1 }]), 'Total: 11.90');
});
`,
};

/** A source may lie below COUNTERSIGN_REPO_ROOTS (default the home) and never in the data folder. */
export function sampleFolder(env, dataFolder) {
  const roots = (env.COUNTERSIGN_REPO_ROOTS || env.HOME || homedir()).split(':').filter(Boolean);
  const cache = cacheRoot(env);
  const isAllowed = roots.some((root) => cache.startsWith(root.endsWith(sep) ? root : root + sep));
  const place = isAllowed ? join(cache, 'demo') : join(roots[0], 'countersign-demo');
  return join(place, idOf(dataFolder), 'sample');
}

/** Makes the repository unless it is there. Written aside and renamed, so that half of one is never found. */
export async function makeSample(folder) {
  if (existsSync(join(folder, '.git'))) return { made: false };
  const aside = `${folder}.${process.pid}`;
  rmSync(aside, { recursive: true, force: true });
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(aside, path)), { recursive: true });
    writeFileSync(join(aside, path), text);
  }
  const env = { ...process.env, ...IDENTITY };
  const git = (...args) => run('git', ['-C', aside, ...args], { env });
  await git('init', '--quiet', '--initial-branch=main', '--template=');
  await git('add', '--all');
  await git('commit', '--quiet', '-m', 'A small shop');
  rmSync(folder, { recursive: true, force: true });
  renameSync(aside, folder);
  return { made: true };
}
