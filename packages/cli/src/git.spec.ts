import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FakeInstallation } from '../test/fake-installation.js';

const exec = promisify(execFile);
let fake: FakeInstallation;

beforeEach(async () => {
  fake = await FakeInstallation.start();
  fake.answers['{ me {'] = () => ({ data: { me: { subject: 'reviewer', roles: ['reviewer'], tenant: 't1' } } });
  await fake.run(['login', '--as', 'reviewer']);
});
afterEach(() => fake.close());

const ask = (operation: string, url = fake.url, profile: readonly string[] = []) => {
  const { protocol, host } = new URL(url);
  fake.stdin = `protocol=${protocol.slice(0, -1)}\nhost=${host}\nwwwauth[]=Basic realm="Countersign"\n`;
  return fake.run(['git-credential', ...profile, operation]);
};

describe('the credential helper', () => {
  it('tells the token to git, refreshed when needed', async () => {
    expect(await ask('get')).toMatchObject({ exit: 0, stdout: 'username=countersign\npassword=access-1\n', stderr: '' });
    fake.pass(890_000);
    expect((await ask('get')).stdout).toBe('username=countersign\npassword=access-2\n');
  });

  it('tells it for no other server', async () => {
    for (const url of ['http://127.0.0.1:1', 'http://evil.example', fake.url.replace('http:', 'https:')]) {
      expect(await ask('get', url)).toMatchObject({ exit: 0, stdout: '' });
    }
  });

  it('keeps nothing that git asks to store or to erase', async () => {
    expect(await ask('store')).toMatchObject({ exit: 0, stdout: '' });
    expect(await ask('erase')).toMatchObject({ exit: 0, stdout: '' });
    expect((await ask('get')).stdout).toContain('access-1');
  });

  it('lets git ask for no password where nobody is signed in', async () => {
    expect(await ask('get', fake.url, ['--profile', 'nobody'])).toMatchObject({ exit: 3, stdout: 'quit=1\n', stderr: expect.stringContaining('login') });
  });
});

describe('request show', () => {
  const detail = {
    id: 'r1', title: 't', state: 'MERGE_REVIEW', paused: false, project: 'shop', requester: 'ada', waitingFor: null, createdAt: 't', revision: 1, gates: [], merge: null,
    budget: { usage: { tokens: 0, costMicros: null, wallClockMs: 0, attempts: 1, cachedTokens: 0 } },
    stages: [], events: [], outcome: null, findings: [], modelReview: null, comments: [], egress: [],
  };
  const shown = async (mergeRequest: object | null, ...more: string[]): Promise<readonly string[]> => {
    fake.answers['request(id'] = () => ({ data: { request: { ...detail, mergeRequest } } });
    return (await fake.run(['request', 'show', 'r1', '--json', ...more])).json<{ checkout: readonly string[] }>().checkout;
  };
  const open = { number: 3, url: 'u', branch: 'countersign/r1', target: 'main', state: 'open' };

  it('prints how to have the change with plain git: the branch while it is open, the merge request’s ref after that', async () => {
    const clone = `git clone -c credential.helper= -c 'credential.helper=!${fake.dir}/packages/cli/bin/countersign.mjs git-credential' ${fake.url}/git/shop.git`;
    expect(await shown(open)).toEqual([clone, 'git -C shop checkout countersign/r1']);
    expect(await shown({ ...open, state: 'merged' })).toEqual([clone, 'git -C shop fetch origin refs/merge-requests/3/head', 'git -C shop checkout --detach FETCH_HEAD']);
    expect(await shown(null)).toEqual([]);
    expect((await fake.run(['request', 'show', 'r1'])).stdout).not.toContain('git clone');
  });

  it('prints words that a shell takes as they are, and no token', async () => {
    const [clone = ''] = await shown(open);
    const { stdout } = await exec('/bin/sh', ['-c', `printf '%s\\n' ${clone}`]);
    expect(stdout.split('\n').slice(2, 6)).toEqual(['-c', 'credential.helper=', '-c', `credential.helper=!${fake.dir}/packages/cli/bin/countersign.mjs git-credential`]);
    expect(clone).not.toContain('access-1');
  });
});
