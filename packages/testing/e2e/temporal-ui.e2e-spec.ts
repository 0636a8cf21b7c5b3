import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { freePort, temporalServer } from '@countersign/parts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { LIGHT, sampleRepository, testInstallation, waitFor, type TestInstallation } from '../src/index.js';
import { launchBrowser, openTab } from './browser.js';
import { createRequest, gateOf, signIn, waitState } from './people.js';

const run = promisify(execFile);
const CLI = process.env['TEMPORAL_CLI'] ?? '';
let app: TestInstallation;
let browser: Browser;
let id: string;

beforeAll(async () => {
  browser = await launchBrowser();
  app = await testInstallation(process.cwd());
  await app.start(LIGHT);
  await signIn(app);
  const source = sampleRepository(join(app.reposDir, 'sample'));
  await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source);
  id = await createRequest(app, 'sample', 'rename computeTotal to calculateTotal');
  await waitState(app, id, 'PLAN_REVIEW');
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await app?.stop();
  app?.remove();
});

type Described = { readonly workflowExecutionInfo: { readonly status: string; readonly searchAttributes: { readonly indexedFields: Record<string, { readonly data: string }> } } };

/** The installation's own Temporal and nothing else of it: no worker is there to be asked. */
async function describedWithoutWorker(workflow: string): Promise<Described['workflowExecutionInfo']> {
  const port = await freePort();
  const dbFile = join(app.dataDir, 'temporal/temporal.db');
  const alone = await temporalServer({ cli: CLI, port, portSetting: 'nothing: a free port', dbFile, logFile: join(app.dataDir, 'alone.log') });
  try {
    await alone.process.start();
    const args = ['workflow', 'describe', '--workflow-id', workflow, '--address', alone.address, '-o', 'json', '--disable-config-file', '--disable-config-env'];
    const { stdout } = await run(CLI, args, { env: { PATH: '/usr/bin:/bin', HOME: app.dataDir } });
    return (JSON.parse(stdout) as Described).workflowExecutionInfo;
  } finally {
    await alone.process.stop();
  }
}

/** The UI draws Markdown in frames of its own. */
async function framedText(page: Page): Promise<string> {
  const texts = page.frames().map((frame) => frame.locator('body').innerText().catch(() => ''));
  return (await Promise.all(texts)).join('\n');
}

describe('in the Temporal UI', () => {
  it('shows a parked request behind the printed link, with what it waits for, and by its search attributes without a worker', async () => {
    const link = /parked plans\s+(\S+)/.exec(app.output())?.[1] ?? '';
    const { page, asked } = await openTab(browser);
    await page.goto(link);
    await page.getByRole('link', { name: `request-${id}` }).click();
    await page.getByRole('link', { name: 'User Metadata' }).or(page.getByRole('tab', { name: 'User Metadata' })).first().click();
    const { digest } = await gateOf(app, id, 'plan');
    await waitFor(async () => (await framedText(page)).includes(`${digest.slice(0, 4)}·${digest.slice(4, 8)}`), 30_000);
    const text = await framedText(page);
    for (const word of ['rename computeTotal to calculateTotal', 'PLAN_REVIEW', 'Waiting: Needs 1 approval', 'Gate plan, revision 1', 'open until']) expect(text).toContain(word);
    await page.getByRole('link', { name: 'Search Attributes' }).or(page.getByRole('tab', { name: 'Search Attributes' })).first().click();
    await page.getByText('"PLAN_REVIEW"').first().waitFor();
    expect(asked.filter(({ protocol, hostname }) => protocol.startsWith('http') && hostname !== '127.0.0.1').map(String)).toEqual([]);

    await app.stop();
    const { status, searchAttributes } = await describedWithoutWorker(`request-${id}`);
    const valueOf = (name: string): unknown => JSON.parse(Buffer.from(searchAttributes.indexedFields[name]?.data ?? '', 'base64').toString());
    expect(status).toBe('WORKFLOW_EXECUTION_STATUS_RUNNING');
    expect(['RequestState', 'Project', 'Gate', 'Requester'].map(valueOf)).toEqual(['PLAN_REVIEW', 'sample', 'plan', 'Sample maintainer']);
    expect(Date.parse(String(valueOf('Deadline')))).toBeGreaterThan(Date.now());
  }, 120_000);
});
