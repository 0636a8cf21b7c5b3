import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';

import { chromium, type Browser, type Page } from 'playwright-core';

import type { TestInstallation } from '../src/index.js';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const STEP_TIMEOUT_MS = 30_000;

/** A browser that resolves no name at all; a missing one fails the tests. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['COUNTERSIGN_CHROMIUM'] ?? process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`There is no Chromium at ${executablePath}: run \`node scripts/provision-chromium.mjs\`.`);
  return chromium.launch({ executablePath, args: [...FLAGS, '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'] });
}

export type Tab = { readonly page: Page; readonly asked: readonly URL[]; readonly loads: () => number };

/** A person's own browser profile with one page, and every address that it asks. */
export async function openTab(browser: Browser, width = 1280): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  context.setDefaultTimeout(STEP_TIMEOUT_MS);
  const page = await context.newPage();
  const asked: URL[] = [];
  let loads = 0;
  context.on('request', (sent) => asked.push(new URL(sent.url())));
  page.on('load', () => (loads += 1));
  return { page, asked, loads: () => loads };
}

export const consoleOf = (app: TestInstallation): string => app.state().addresses['console'] ?? '';

/** With the password of the sample person, at the real issuer; ends on the page that was asked for. */
export async function signInAs(page: Page, app: TestInstallation, person: string, path = '/'): Promise<void> {
  const file = join(app.dataDir, 'identity/sample-people.json');
  const password = (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>)[person] ?? '';
  await page.goto(`${consoleOf(app)}${path}`);
  await page.waitForURL((url) => url.origin === app.state().addresses['issuer']);
  await page.getByLabel('Name').fill(person);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${consoleOf(app)}${path}`);
}

export async function waitForState(page: Page, state: string): Promise<void> {
  await page.locator(`[data-testid=state-badge][data-state=${state}]`).waitFor({ timeout: 120_000 });
}

/** What fetch does not allow: any Host. */
export function statusOf(address: string, path: string, headers: Record<string, string>, body?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${address}${path}`, { method: body === undefined ? 'GET' : 'POST', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

type AccessibleNode = {
  readonly ignored: boolean;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
  readonly properties?: readonly { readonly name: string; readonly value: { readonly value?: unknown } }[];
};

const NAMED = new Set(['button', 'link', 'textbox', 'combobox', 'checkbox', 'radio', 'spinbutton', 'dialog', 'image', 'region']);

/** What a screen reader would be given, as Chromium computes it, and what a narrow window would cut off. */
export async function barriersOf(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = (await session.send('Accessibility.getFullAXTree')) as unknown as { nodes: readonly AccessibleNode[] };
  await session.detach();
  const shown = nodes.filter(({ ignored }) => !ignored);
  const count = (role: string): number => shown.filter((node) => node.role?.value === role).length;
  const titles = shown.filter(({ role, properties }) => role?.value === 'heading' && properties?.some(({ name, value }) => name === 'level' && value.value === 1));
  const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  const repeated = await page.evaluate<string[]>('[...document.querySelectorAll("[id]")].map((e) => e.id).filter((id, at, all) => all.indexOf(id) !== at)');
  return [
    ...(titles.length === 1 ? [] : [`${titles.length} first headings`]),
    ...(count('main') === 1 ? [] : [`${count('main')} main landmarks`]),
    ...((await page.title()) ? [] : ['no title']),
    ...((await page.locator('html').getAttribute('lang')) ? [] : ['no language']),
    ...shown.filter(({ role, name }) => NAMED.has(role?.value ?? '') && !name?.value.trim()).map(({ role }) => `a ${role?.value} without a name`),
    ...(overflow > 0 ? [`${overflow} px wider than the window`] : []),
    ...repeated.map((id) => `id ${id} twice`),
  ];
}
