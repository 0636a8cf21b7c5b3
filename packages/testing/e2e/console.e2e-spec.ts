import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { git, sampleRepository, testInstallation, type TestInstallation } from '../src/index.js';
import { barriersOf, consoleOf, launchBrowser, openTab, signInAs, statusOf, waitForState, type Tab } from './browser.js';
import { createRequest, gateOf, signIn, waitState } from './people.js';

const SESSION = 'countersign_console_session';
let app: TestInstallation;
let browser: Browser;
let bare: string;
let tab: Tab | undefined;

beforeAll(async () => {
  browser = await launchBrowser();
  app = await testInstallation(process.cwd());
  await app.start();
  await signIn(app, 'admin');
  const source = sampleRepository(join(app.reposDir, 'sample'));
  const added = await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--test-command', 'node --test');
  bare = String(added.json['bare']);
}, 180_000);

afterEach(async () => {
  const asked = tab?.asked ?? [];
  await tab?.page.context().close();
  tab = undefined;
  expect(asked.filter(({ protocol, hostname }) => protocol.startsWith('http') && hostname !== '127.0.0.1').map(String)).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await app?.stop();
  app?.remove();
});

async function pageOf(person: string, path = '/', width?: number): Promise<Page> {
  tab = await openTab(browser, width);
  await signInAs(tab.page, app, person, path);
  return tab.page;
}

async function parked(title: string, body = ''): Promise<string> {
  const id = await createRequest(app, 'sample', title, body);
  await waitState(app, id, 'PLAN_REVIEW');
  return id;
}

const shownDigest = (page: Page): Promise<string | null> => page.getByTestId('gate-digest').getAttribute('data-digest');
const outcome = (page: Page, said: string) => page.locator(`[data-testid=outcome][data-outcome=${said}]`);

describe('in the console', () => {
  it('takes a reviewer from the inbox through both gates to the merge, without a reload', async () => {
    const before = git(bare, 'rev-parse', 'main').trim();
    const id = await parked('rename computeTotal to calculateTotal');
    const plan = await gateOf(app, id, 'plan');
    const page = await pageOf('reviewer');
    expect(await page.getByTestId('person').textContent()).toContain('reviewer');

    const item = page.locator(`[data-testid=inbox-item][data-request-id="${id}"]`);
    expect(await item.getAttribute('data-state')).toBe('PLAN_REVIEW');
    await item.getByRole('link').click();
    await waitForState(page, 'PLAN_REVIEW');
    const loads = tab?.loads();

    expect(await page.getByTestId('asked').getAttribute('data-asked')).toBe('me');
    expect(await page.getByTestId('subject').getAttribute('data-gate')).toBe('plan');
    expect(await shownDigest(page)).toBe(plan.digest);
    for (const path of ['src/total.js', 'src/cart.js', 'src/report.js', 'test/total.test.js']) expect(await page.getByTestId('subject').textContent()).toContain(path);
    await page.getByTestId('decide-approve').click();
    await outcome(page, 'recorded').waitFor();

    await waitForState(page, 'MERGE_REVIEW');
    const merge = await gateOf(app, id, 'merge');
    await page.locator(`[data-testid=gate-digest][data-digest="${merge.digest}"]`).waitFor();
    expect(await page.getByTestId('checks').getAttribute('data-verdict')).toBe('passed');
    await page.locator('[data-testid=diff-file][data-path="src/total.js"]').waitFor();
    await page.getByTestId('decide-approve').click();
    await waitForState(page, 'DONE');

    const commit = git(bare, 'rev-parse', 'main').trim();
    expect(git(bare, 'rev-list', '--merges', '--count', `${before}..main`).trim()).toBe('1');
    expect(await page.getByTestId('asked').textContent()).toContain(commit);
    const votes = page.locator('[data-testid=decision][data-verdict=approve][data-status=counted]');
    expect(await votes.filter({ hasText: 'reviewer' }).count()).toBe(2);
    // A password was typed, so nothing may say that access to the data folder was the proof.
    expect(await page.getByTestId('local-operator').count()).toBe(0);
    expect(tab?.loads()).toBe(loads);

    await page.goto(`${consoleOf(app)}/?box=done`);
    expect(await item.getAttribute('data-state')).toBe('DONE');
  }, 180_000);

  it('shows the refusal of a decision on what is no longer open, and loads what is', async () => {
    const id = await parked('rename items to rows in src/total.js');
    const old = await gateOf(app, id, 'plan');
    const page = await pageOf('reviewer', `/requests/${id}`);
    await page.getByTestId('decide-approve').waitFor();
    expect(await shownDigest(page)).toBe(old.digest);

    // The page hears of nothing from here on: it is as old as a tab that was left open in a train.
    await page.route('**/api/graphql', (route) => (route.request().postData()?.includes('RequestPulse') ? route.abort() : route.continue()));
    const asked = await app.cli('admin', 'request-changes', id, '--gate', 'plan', '--digest', old.digest, '-m', 'replace "Call the total" with "Call the new" in README.md');
    expect(asked.code).toBe(0);
    await expectRevision(id, 2);
    const next = await gateOf(app, id, 'plan');
    expect(next.digest).not.toBe(old.digest);

    await page.getByTestId('decide-approve').click();
    await outcome(page, 'refused').waitFor();
    expect(['STALE_REVISION', 'STALE_DIGEST']).toContain(await page.getByTestId('outcome').getAttribute('data-code'));
    expect(await shownDigest(page)).toBe(old.digest);
    expect((await gateOf(app, id, 'plan')).state).toBe('open');

    await page.getByTestId('outcome-reload').click();
    await page.locator(`[data-testid=gate-digest][data-digest="${next.digest}"]`).waitFor();
    expect(await page.getByTestId('what-changed').textContent()).toContain('README.md');
    expect(await page.getByTestId('outcome').count()).toBe(0);
    await page.getByTestId('decide-approve').click();
    await outcome(page, 'recorded').waitFor();
    await waitState(app, id, 'MERGE_REVIEW,DONE');
  }, 180_000);

  it('lets a reviewer refuse with a reason, which it insists on', async () => {
    const id = await parked('replace "part8 = 8" with "part8 = 88" in src/parts/part-8.js');
    const page = await pageOf('reviewer', `/requests/${id}`);
    await page.getByTestId('decide-reject').click();
    await page.getByTestId('submit-decision').click();
    expect(await page.getByTestId('dialog').textContent()).toContain('Say why');
    await page.getByTestId('reason').fill('Eight is right.');
    await page.getByTestId('submit-decision').click();
    await waitForState(page, 'REJECTED');
    expect(await page.locator('[data-testid=decision][data-verdict=reject]').textContent()).toContain('Eight is right.');
  }, 120_000);

  it('takes a request from a maintainer, who then sees why somebody else has to decide', async () => {
    const page = await pageOf('maintainer', '/requests/new');
    await page.getByTestId('title').fill('Part nine');
    await page.getByTestId('body').fill('replace "part9 = 9" with "part9 = 99" in src/parts/part-9.js');
    await page.getByTestId('submit').click();
    await page.waitForURL(/\/requests\/(?!new)/);
    await waitForState(page, 'PLAN_REVIEW');
    expect(await page.getByTestId('asked').getAttribute('data-asked')).toBe('others');
    for (const verb of ['approve', 'request-changes', 'reject']) expect(await page.getByTestId(`decide-${verb}`).isDisabled()).toBe(true);
    expect(await page.getByTestId('why-not').textContent()).toMatch(/own|asked|requested/i);
  }, 120_000);

  it('ends the session with the sign-out', async () => {
    const page = await pageOf('observer', '/projects');
    const cookies = await page.context().cookies();
    expect(cookies.map(({ name }) => name)).toContain(SESSION);
    // The issuer's are among them: cookies know no ports.
    expect(cookies.filter(({ httpOnly, sameSite }) => !httpOnly || sameSite !== 'Lax')).toEqual([]);
    await page.getByTestId('sign-out').click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL((url) => !url.pathname.startsWith('/session/end'));
    expect((await page.context().cookies()).map(({ name }) => name)).not.toContain(SESSION);
    await page.goto(`${consoleOf(app)}/projects`);
    await page.getByLabel('Password').waitFor();
    expect(new URL(page.url()).origin).toBe(app.state().addresses['issuer']);
  }, 60_000);

  it('refuses a host name that is not its own, and pages of another origin', async () => {
    const { console: web = '', gateway = '' } = app.state().addresses;
    const body = JSON.stringify({ query: '{ me { id } }' });
    const json = { 'content-type': 'application/json' };
    for (const host of ['evil.example', `evil.example:${new URL(web).port}`, '127.0.0.1.evil.example']) {
      expect([host, await statusOf(web, '/', { host })]).toEqual([host, 421]);
      expect([host, await statusOf(web, '/api/graphql', { host, ...json }, body)]).toEqual([host, 421]);
      expect([host, await statusOf(gateway, '/graphql', { host, ...json }, body)]).toEqual([host, 421]);
    }
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1']) {
      expect([origin, await statusOf(web, '/api/graphql', { origin, ...json }, body)]).toEqual([origin, 403]);
      expect([origin, await statusOf(web, '/auth/logout', { origin }, '')]).toEqual([origin, 403]);
      expect([origin, await statusOf(gateway, '/graphql', { origin, ...json }, body)]).toEqual([origin, 403]);
    }
  });

  it.each([360, 1280])('can be used by everybody in a window of %i px', async (width) => {
    const id = await parked(`Write notes for ${width}`, `add file notes/${width}.md\n\`\`\`\n${'a-long-word'.repeat(30)}\n\`\`\``);
    tab = await openTab(browser, width);
    await tab.page.goto(consoleOf(app));
    await tab.page.getByLabel('Password').waitFor();
    expect(await barriersOf(tab.page)).toEqual([]);
    await tab.page.context().close();

    const page = await pageOf('admin', '/', width);
    for (const path of ['/', '/?box=done', `/requests/${id}`, '/requests/new', '/projects', '/projects/sample', '/projects/new', '/people', '/no-such-page']) {
      await page.goto(`${consoleOf(app)}${path}`);
      expect([path, await barriersOf(page)]).toEqual([path, []]);
      expect([path, await page.getByRole('banner').count(), await page.getByRole('navigation', { name: 'Main' }).count()]).toEqual([path, 1, 1]);
    }
  }, 180_000);
});

async function expectRevision(id: string, revision: number): Promise<void> {
  await waitState(app, id, 'PLANNING,PLAN_REVIEW');
  await waitState(app, id, 'PLAN_REVIEW');
  expect((await gateOf(app, id, 'plan')).revision).toBe(revision);
}
