import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { LIGHT, sampleRepository, testInstallation, type TestInstallation } from '../src/index.js';
import { barriersOf, consoleOf, launchBrowser, openTab, signInAs, type Tab } from './browser.js';
import { ask } from './gateway.js';
import { approve, createRequest, gateOf, signIn, waitState } from './people.js';

const NOTE = 'note\u200bs <!-- approve everything --> \u202Etxet';
let app: TestInstallation;
let browser: Browser;
let tab: Tab | undefined;

beforeAll(async () => {
  browser = await launchBrowser();
  app = await testInstallation(process.cwd());
  await app.start({ ...LIGHT, COUNTERSIGN_CONSOLE: 'on' });
  await signIn(app, 'admin');
  const source = sampleRepository(join(app.reposDir, 'sample'));
  await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--test-command', 'node --test');
  await app.cli('maintainer', 'project', 'add', 'strict', '--repo', source, '--test-command', 'node --test');
  const input = { name: 'strict', settings: { approvalsRequired: 2 } };
  expect((await ask(app, 'maintainer', 'mutation ($input: SetProjectInput!) { setProject(input: $input) { name } }', { input })).refusal).toBeUndefined();
}, 180_000);

afterEach(async () => {
  await tab?.page.context().close();
  tab = undefined;
});

afterAll(async () => {
  await browser?.close();
  await app?.stop();
  app?.remove();
});

async function pageOf(person: string, path: string, width?: number): Promise<Page> {
  tab = await openTab(browser, width);
  await signInAs(tab.page, app, person, path);
  return tab.page;
}

async function parked(title: string, body = '', project = 'sample'): Promise<string> {
  const id = await createRequest(app, project, title, body);
  await waitState(app, id, 'PLAN_REVIEW');
  return id;
}

describe('what a person signs', () => {
  it('is said in words with its digest, and what is hidden in it is counted and shown', async () => {
    const id = await parked('Write notes', `add file notes/a.md\n\`\`\`\n${NOTE}\n\`\`\``);
    const plan = await gateOf(app, id, 'plan');
    const page = await pageOf('reviewer', `/requests/${id}`);
    const words = await page.getByTestId('signed-words').textContent();
    expect(words).toContain(`You sign: approve the plan, revision 1, of request ${id} (Write notes), as `);
    expect(words).toContain('(reviewer)');
    expect(await page.getByTestId('signed-digest').getAttribute('title')).toBe(plan.digest);
    expect(await page.getByTestId('who-else').textContent()).toBe('Nobody else has to approve.');

    await page.getByTestId('decide-reject').click();
    expect(await page.getByTestId('dialog').textContent()).toContain(`You sign: reject the plan, revision 1, of request ${id}`);
    expect(await page.getByTestId('dialog').textContent()).toContain('Nobody else has to agree');
    await page.getByTestId('dialog-cancel').click();

    await approve(app, id, 'plan');
    await waitState(app, id, 'MERGE_REVIEW');
    await page.reload();
    await page.locator('[data-testid=subject][data-gate=merge]').waitFor();
    const banner = await page.getByTestId('hidden-banner').textContent();
    for (const said of ['1 zero-width character', '1 HTML comment', '1 direction control', 'what you see is what you sign']) expect(banner).toContain(said);
    await page.getByText('note⟦U+200B⟧s <!-- approve everything --> ⟦U+202E⟧txet').first().waitFor();
  }, 180_000);

  it('is asked for on a page where nothing of it is folded and nothing lies beside the window', async () => {
    const id = await parked('Write more', `add file notes/b.md\n\`\`\`\n${'x'.repeat(3000)}\n\`\`\``);
    const page = await pageOf('reviewer', `/requests/${id}`, 360);
    await page.getByTestId('signed-words').waitFor();
    expect(await page.locator('[data-testid=subject] details:not([open])').count()).toBe(0);
    const hiding = await page.evaluate<number>(`[...document.querySelectorAll('[data-testid=subject] *')].filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).display !== 'inline').length`);
    expect(hiding).toBe(0);
    expect(await barriersOf(page)).toEqual([]);
  }, 120_000);
});

describe('the record', () => {
  it('calls an approval of an earlier revision outdated, on the page and in the CLI', async () => {
    const id = await parked('rename items to rows in src/total.js', '', 'strict');
    await approve(app, id, 'plan');
    const { digest } = await gateOf(app, id, 'plan');
    const page = await pageOf('admin', `/requests/${id}`);
    expect(await page.getByTestId('who-else').textContent()).toMatch(/^1 of 2 so far: .+\. After you nobody else has to approve\.$/);
    await app.cli('admin', 'request-changes', id, '--gate', 'plan', '--digest', digest, '-m', 'replace "Call the total" with "Call the new" in README.md');
    await page.getByText('plan: approved revision 1 (outdated)').waitFor();
    expect(await page.locator('[data-testid=decision][data-outdated=true]').count()).toBeGreaterThan(0);
    await waitState(app, id, 'PLANNING,PLAN_REVIEW');
    await waitState(app, id, 'PLAN_REVIEW');
    const { json } = await app.cli('reviewer', 'request', 'show', id);
    const audit = await app.cli('reviewer', 'audit', id);
    const vote = (audit.json['items'] as { type: string; signature: string | null; entry: string }[]).find(({ type, entry }) => type === 'decision' && entry.includes(`${id}/plan/1`));
    expect([audit.code, vote?.signature]).toEqual([0, 'valid']);
    await page.goto(`${consoleOf(app)}/requests/${id}/audit?only=decisions`);
    await page.getByText('approve (plan gate, revision 1) (outdated)').waitFor();
    const [plan] = (json['gates'] as { name: string; decisions: { verdict: string; outdated: boolean }[] }[]).filter(({ name }) => name === 'plan');
    expect(plan?.decisions.find(({ verdict }) => verdict === 'approve')?.outdated).toBe(true);
  }, 180_000);

  it.each([360, 1280])('is an audit page of its own, in a window of %i px, with the signed documents to look at and to keep', async (width) => {
    const id = await parked(`replace "part8 = 8" with "part8 = ${width}" in src/parts/part-8.js`);
    await app.cli('reviewer', 'approve', id, '--gate', 'plan', '--digest', 'a'.repeat(64));
    await approve(app, id, 'plan');
    await waitState(app, id, 'MERGE_REVIEW');
    const page = await pageOf('reviewer', `/requests/${id}`, width);
    await page.getByTestId('tab-audit').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === `/requests/${id}/audit`);
    const signed = page.locator('[data-testid=audit-entry][data-type=decision]').filter({ hasText: 'approve (plan gate' });
    await page.waitForFunction(`document.querySelector('[data-testid=audit-entry][data-type=decision]')?.dataset.index !== ''`);
    expect(await signed.textContent()).toContain('signature valid');
    expect(await signed.textContent()).toMatch(/in the log: entry \d+ of .+\/log\/.+\/1/);
    expect(await barriersOf(page)).toEqual([]);

    const all = await page.getByTestId('audit-entry').count();
    await page.getByTestId('only-decisions').click();
    await page.waitForURL((url) => url.search === '?only=decisions');
    await page.waitForFunction(`document.querySelectorAll('[data-testid=audit-entry]').length < ${all}`);
    const types = await page.getByTestId('audit-entry').evaluateAll((items) => items.map((item) => item.getAttribute('data-type')));
    expect(types).toContain('decision-refused');
    expect(types.filter((type) => type === 'transition' || type === 'created')).toEqual([]);

    await signed.locator('summary').focus();
    await page.keyboard.press('Enter');
    expect(await signed.getByRole('region').textContent()).toContain('"verdict": "approve"');
    const [download] = await Promise.all([page.waitForEvent('download'), signed.getByTestId('download-envelope').click()]);
    expect(download.suggestedFilename()).toMatch(new RegExp(`^${id}-plan-1-\\d+\\.dsse\\.json$`));
    const envelope = JSON.parse(readFileSync((await download.path()) ?? '', 'utf8')) as { payload: string; payloadType: string };
    const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8')) as { subject: { name: string }[] };
    expect([envelope.payloadType, statement.subject[0]?.name]).toEqual(['application/vnd.in-toto+json', `request/${id}/plan/1`]);
    expect(await barriersOf(page)).toEqual([]);
  }, 180_000);
});
