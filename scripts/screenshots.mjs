// `node scripts/screenshots.mjs`: takes the pictures in docs/images again, of a throw-away installation of what is built.
// With the Node of node_modules/.bin on PATH.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { sampleRepository, testInstallation } from '../packages/testing/dist/index.js';
import { ROOT } from './lib/as-script.mjs';
import { provisionChromium } from './provision-chromium.mjs';

// A dependency of that package, not of the root.
const { chromium } = createRequire(join(ROOT, 'packages/testing/package.json'))('playwright-core');

const IMAGES = join(ROOT, 'docs/images');
const WINDOW = { width: 1280, height: 900 };
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
/** Asked for in this order; the last one to reach the plan gate is the one that is shown. */
const REQUESTS = [
  { title: 'Say where prices come from', body: 'add file docs/prices.md\n```\n# Prices\n\nEvery item carries its own.\n```', approve: ['plan', 'merge'] },
  { title: 'Give part 7 its real value', body: 'replace "part7 = 7" with "part7 = 70" in src/parts/part-7.js', approve: ['plan'] },
  { title: 'Write down how releases are made', body: 'add file docs/releasing.md\n```\n# Releasing\n\nTag the commit that the merge made.\n```', approve: [] },
  { title: 'Call it calculateTotal everywhere', body: 'rename computeTotal to calculateTotal\nreplace "Call the total function." with "Call calculateTotal." in README.md', approve: [] },
];
const NEXT = { plan: 'MERGE_REVIEW', merge: 'DONE' };

async function cli(app, person, ...args) {
  const { code, json, stderr } = await app.cli(person, ...args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return json;
}

/** Returns the id of the last request, which stands at its plan gate. */
async function fill(app) {
  for (const person of ['maintainer', 'reviewer']) await cli(app, person, 'login', '--as', person);
  const repo = sampleRepository(join(app.reposDir, 'webshop'));
  await cli(app, 'maintainer', 'project', 'add', 'webshop', '--repo', repo, '--test-command', 'node --test');
  let last = '';
  for (const { title, body, approve } of REQUESTS) {
    const { id } = await cli(app, 'maintainer', 'request', 'create', '--project', 'webshop', '--title', title, '--body', body);
    await cli(app, 'reviewer', 'request', 'wait', id, '--for', 'PLAN_REVIEW');
    for (const gate of approve) {
      const { gates } = await cli(app, 'reviewer', 'request', 'show', id);
      await cli(app, 'reviewer', 'approve', id, '--gate', gate, '--digest', gates.find(({ name }) => name === gate).digest);
      await cli(app, 'reviewer', 'request', 'wait', id, '--for', NEXT[gate]);
    }
    last = id;
  }
  return last;
}

async function takeConsole(page, app, id) {
  const { reviewer } = JSON.parse(readFileSync(join(app.dataDir, 'identity/sample-people.json'), 'utf8'));
  await page.goto(app.state().addresses.console);
  await page.getByLabel('Name').fill('reviewer');
  await page.getByLabel('Password').fill(reviewer);
  await page.getByRole('button', { name: 'Sign in' }).click();
  // The browser's own words for the time: the page is alive.
  await page.getByText(/ ago$|^just now$/).first().waitFor();
  await page.screenshot({ path: join(IMAGES, 'console-inbox.png') });
  await page.locator(`[data-request-id="${id}"] a`).click();
  await page.getByTestId('decide-approve').waitFor();
  await page.screenshot({ path: join(IMAGES, 'console-request.png') });
}

async function takeTemporal(page, app, id) {
  const link = /parked plans\s+(\S+)/.exec(app.output())?.[1] ?? '';
  await page.goto(link);
  const row = page.getByRole('link', { name: `request-${id}` });
  await row.waitFor();
  await page.screenshot({ path: join(IMAGES, 'temporal-list.png') });
  await row.click();
  // Where the page says in words what it waits for.
  await page.getByText('User Metadata').click();
  await page.locator('iframe').last().contentFrame().getByText('PLAN_REVIEW').waitFor();
  await page.screenshot({ path: join(IMAGES, 'temporal-request.png') });
}

mkdirSync(IMAGES, { recursive: true });
const { where } = await provisionChromium({ log: () => undefined, env: process.env });
const app = await testInstallation(ROOT);
const browser = await chromium.launch({ executablePath: where, args: FLAGS });
try {
  await app.start();
  const id = await fill(app);
  const page = await browser.newPage({ viewport: WINDOW, colorScheme: 'light' });
  await takeConsole(page, app, id);
  await takeTemporal(page, app, id);
} finally {
  await browser.close();
  await app.stop();
  app.remove();
}
