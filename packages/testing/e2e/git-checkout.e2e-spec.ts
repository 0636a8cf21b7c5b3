import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { git, LIGHT, sampleRepository, testInstallation, waitFor, type TestInstallation } from '../src/index.js';
import { barriersOf, launchBrowser, openTab } from './browser.js';
import { approve, createRequest, signIn, waitState } from './people.js';

const ROOT = process.cwd();
let app: TestInstallation;
let browser: Browser;
let bare: string;

beforeAll(async () => {
  browser = await launchBrowser();
  app = await testInstallation(ROOT);
  await app.start(LIGHT);
  await signIn(app, 'observer');
  const source = sampleRepository(join(app.reposDir, 'sample'));
  const added = await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--gate', 'diff=off');
  bare = String(added.json['bare']);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await app?.stop();
  app?.remove();
});

/** What a person pastes into a shell, in a folder that is not the clone of Countersign. */
function shell(cwd: string, line: string): Promise<{ code: number; stdout: string; stderr: string }> {
  mkdirSync(cwd, { recursive: true });
  const env = { ...app.env, HOME: cwd, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' };
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', line], { cwd, env }, (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }));
  });
}

async function checkedOut(id: string, name: string): Promise<string> {
  const { json } = await app.cli('observer', 'request', 'show', id);
  const dir = join(app.reposDir, '..', name);
  for (const line of json['checkout'] as readonly string[]) expect([line, await shell(dir, line)]).toEqual([line, expect.objectContaining({ code: 0 })]);
  return join(dir, 'sample');
}

describe('with plain git', () => {
  it('an observer has the branch of a request by the printed commands, and its merge request after the merge', async () => {
    const id = await createRequest(app, 'sample', 'replace "part1 = 1" with "part1 = 11" in src/parts/part-1.js');
    await waitState(app, id, 'PLAN_REVIEW');
    await approve(app, id, 'plan');
    await waitState(app, id, 'MERGE_REVIEW');

    const clone = await checkedOut(id, 'open');
    expect(git(clone, 'rev-parse', '--abbrev-ref', 'HEAD').trim()).toBe(`countersign/${id}`);
    expect(readFileSync(join(clone, 'src/parts/part-1.js'), 'utf8')).toContain('part1 = 11');
    expect(git(clone, 'config', '--get-all', 'remote.origin.url')).not.toContain('@');

    const refs = git(bare, 'for-each-ref');
    const pushed = await shell(clone, 'git push origin HEAD:refs/heads/mine');
    expect(pushed.code).not.toBe(0);
    expect(pushed.stderr).toContain('Nothing is pushed to Countersign');
    expect(git(bare, 'for-each-ref')).toBe(refs);

    const head = git(clone, 'rev-parse', 'HEAD');
    await approve(app, id, 'merge');
    await waitState(app, id, 'DONE');
    expect(git(await checkedOut(id, 'done'), 'rev-parse', 'HEAD')).toBe(head);
    // The same clone goes on: the helper is in its own configuration.
    expect((await shell(clone, 'git fetch origin main')).code).toBe(0);
    expect(existsSync(join(clone, '..', '.git-credentials'))).toBe(false);
  }, 180_000);
});

describe('login by a browser', () => {
  const begin = () => {
    const child = spawn(process.execPath, [join(ROOT, 'packages/cli/bin/countersign.mjs'), 'login', '--profile', 'browser', '--json'], { env: { ...app.env } });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    return { said, ended: new Promise<number | null>((resolve) => child.on('close', resolve)) };
  };

  it('takes the code and the password of a person, and the command ends signed in', async () => {
    const { said, ended } = begin();
    await waitFor(() => said.stderr.includes('Waiting'), 20_000, () => said.stderr);
    const [address = ''] = /http:\S+\/device(?=\s)/.exec(said.stderr) ?? [];
    const [code = ''] = /[B-Z]{4}-[B-Z]{4}/.exec(said.stderr) ?? [];
    const passwords = JSON.parse(readFileSync(join(app.dataDir, 'identity/sample-people.json'), 'utf8')) as Record<string, string>;

    const { page } = await openTab(browser);
    await page.goto(address);
    expect(await barriersOf(page)).toEqual([]);
    await page.getByLabel('Code').fill(code.toLowerCase());
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: 'Is this your command?' }).waitFor();
    expect(await page.locator('main').textContent()).toContain(code);
    expect(await barriersOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'It is mine: go on' }).click();
    await page.getByLabel('Name').fill('reviewer');
    await page.getByLabel('Password').fill(passwords['reviewer'] ?? '');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Signed in' }).waitFor();
    await page.context().close();

    expect(await ended).toBe(0);
    expect(JSON.parse(said.stdout)).toMatchObject({ subject: 'reviewer', roles: ['reviewer'] });
    expect((await app.cli('browser', 'whoami')).json).toMatchObject({ subject: 'reviewer' });
    expect((await app.cli('browser', 'logout')).code).toBe(0);
  }, 90_000);

  it('ends with 3 where it is refused there, also by the link that carries the code', async () => {
    const { said, ended } = begin();
    await waitFor(() => said.stderr.includes('Waiting'), 20_000, () => said.stderr);
    const { page } = await openTab(browser);
    await page.goto(/http:\S+\?user_code=\S+/.exec(said.stderr)?.[0] ?? '');
    await page.getByRole('button', { name: 'Refuse' }).click();
    await page.getByRole('heading', { name: 'Refused' }).waitFor();
    await page.context().close();
    expect(await ended).toBe(3);
    expect(JSON.parse(said.stdout)).toMatchObject({ error: { code: 'FORBIDDEN' } });
  }, 60_000);
});
