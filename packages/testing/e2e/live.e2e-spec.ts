import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { LIGHT, sampleRepository, testInstallation, type TestInstallation } from '../src/index.js';
import { launchBrowser, openTab, signInAs, waitForState, type Tab } from './browser.js';
import { approve, createRequest, signIn, waitState } from './people.js';

let app: TestInstallation;
let browser: Browser;
let tab: Tab;

beforeAll(async () => {
  browser = await launchBrowser();
  app = await testInstallation(process.cwd());
  await app.start({ ...LIGHT, COUNTERSIGN_CONSOLE: 'on' });
  await signIn(app, 'admin');
  const source = sampleRepository(join(app.reposDir, 'sample'));
  await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--test-command', 'node --test');
}, 180_000);

afterEach(() => tab?.page.context().close());
afterAll(async () => {
  await browser?.close();
  await app?.stop();
  app?.remove();
});

async function parked(part: number): Promise<string> {
  const id = await createRequest(app, 'sample', `Part ${part}`, `replace "part${part} = ${part}" with "part${part} = ${part}0" in src/parts/part-${part}.js`);
  await waitState(app, id, 'PLAN_REVIEW');
  return id;
}

const isPulse = (body: string | null): boolean => body?.includes('RequestPulse') === true;

async function openRequest(id: string, withSocket: boolean): Promise<{ page: Page; pulses: () => number; streams: () => number }> {
  tab = await openTab(browser);
  const { page } = tab;
  let pulses = 0;
  let streams = 0;
  if (!withSocket) await page.route('**/api/live?**', (route) => route.abort());
  page.on('request', (request) => {
    if (isPulse(request.postData())) pulses += 1;
  });
  page.on('response', (response) => {
    if (response.url().includes('/api/live?') && response.status() === 200) streams += 1;
  });
  await signInAs(page, app, 'reviewer', `/requests/${id}`);
  await waitForState(page, 'PLAN_REVIEW');
  return { page, pulses: () => pulses, streams: () => streams };
}

describe('a change that somebody else makes', () => {
  it('is on the page without a reload and without asking for it again and again', async () => {
    const id = await parked(1);
    const { page, pulses, streams } = await openRequest(id, true);
    await page.getByTestId('inbox-badge').waitFor();
    expect(await page.title()).toMatch(/^\(\d+\) /);
    await page.waitForTimeout(1_500);
    const [loads, before] = [tab.loads(), pulses()];
    await page.waitForTimeout(6_000);
    expect([pulses() - before, streams()]).toEqual([0, expect.any(Number)]);
    expect(streams()).toBeGreaterThan(0);

    await page.getByTestId('log').locator('summary').click();
    await approve(app, id, 'plan', 'admin');
    await waitForState(page, 'MERGE_REVIEW');
    await page.locator('[data-testid=stage][data-state=done]').first().waitFor();
    await page.getByRole('log').filter({ hasText: /\S+/ }).waitFor();
    expect(await page.getByRole('log').textContent()).not.toContain('Nothing yet.');
    expect(tab.loads()).toBe(loads);
  }, 180_000);

  it('is on the page without a stream, too', async () => {
    const id = await parked(2);
    const { page, pulses, streams } = await openRequest(id, false);
    const loads = tab.loads();
    await page.waitForTimeout(5_000);
    expect(pulses()).toBeGreaterThan(0);
    await approve(app, id, 'plan', 'admin');
    await waitForState(page, 'MERGE_REVIEW');
    expect([tab.loads(), streams()]).toEqual([loads, 0]);
  }, 180_000);
});

/** A command that says something while it runs, once it has said its first words. */
async function begun(...args: string[]) {
  const child = spawn(process.execPath, [join(process.cwd(), 'packages/cli/bin/countersign.mjs'), ...args, '--profile', 'reviewer', '--json'], { env: app.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, stdout, stderr }));
  await Promise.race([once(child.stdout, 'data'), ended]);
  return { ended };
}

describe('the command line', () => {
  it('follows a log and watches a request to their end', async () => {
    const id = await parked(3);
    const watching = await begun('request', 'watch', id);
    const following = await begun('logs', id, '--follow');
    await approve(app, id, 'plan', 'admin');
    await waitState(app, id, 'MERGE_REVIEW,DONE');
    await approve(app, id, 'merge', 'admin');
    const [watched, followed] = await Promise.all([watching.ended, following.ended]);
    const lines = (stdout: string) => stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);

    expect([watched.code, watched.stderr]).toEqual([0, '']);
    const states = lines(watched.stdout).map(({ state }) => state);
    expect(states.filter((state, index) => state !== states[index - 1])).toEqual(expect.arrayContaining(['PLAN_REVIEW', 'EXECUTING', 'CHECKING', 'MERGE_REVIEW', 'DONE']));
    expect(states.at(-1)).toBe('DONE');

    expect([followed.code, followed.stderr]).toEqual([0, '']);
    const pieces = lines(followed.stdout);
    const whole = await app.cli('reviewer', 'logs', id);
    expect(pieces.map(({ text }) => text).join('')).toBe(whole.json['text']);
    expect(pieces.slice(1).map(({ offset }) => offset)).toEqual(pieces.slice(0, -1).map(({ next }) => next));
  }, 180_000);
});
