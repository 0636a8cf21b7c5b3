import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { git, sampleRepository, testInstallation, waitFor, type TestInstallation } from '../src/index.js';
import { approve, createRequest, signIn, waitState } from './people.js';

/** See packages/testing/src/fault.ts: the product knows nothing of these. */
const MOMENTS = [
  'inside a step',
  'between steps',
  'after push, before record',
  'after the merge request opened, before record',
  'after the ref update, before record',
] as const;
const AT_MERGE = 'after the ref update, before record';

let app: TestInstallation;
let bare: string;

beforeAll(async () => {
  app = await testInstallation(process.cwd());
  await app.start();
  await signIn(app);
  const source = sampleRepository(join(app.reposDir, 'sample'));
  const added = await app.cli('maintainer', 'project', 'add', 'sample', '--repo', source, '--test-command', 'node --test');
  bare = String(added.json['bare']);
}, 180_000);

afterAll(async () => {
  await app?.stop();
  app?.remove();
});

describe('killed with -9 and started again', () => {
  it.each(MOMENTS.map((moment, index) => [moment, index] as const))(
    'at %s: ends DONE with one merge request and one merge',
    async (moment, index) => {
      const fault = join(app.reposDir, `fault-${index}`);
      await app.stop();
      await app.start({ COUNTERSIGN_FAULT: moment, COUNTERSIGN_FAULT_FILE: fault });
      const before = git(bare, 'rev-parse', 'main').trim();
      const requests = mergeRequests().length;
      const n = 10 + index;
      const id = await createRequest(
        app,
        'sample',
        `Change part ${n} in two steps`,
        `replace "part${n} = ${n}" with "part${n} = 1${n}" in src/parts/part-${n}.js\nadd file notes/${n}.md\n\`\`\`\nPart ${n}\n\`\`\``,
      );
      await waitState(app, id, 'PLAN_REVIEW');
      if (moment === AT_MERGE) {
        await approve(app, id, 'plan');
        await waitState(app, id, 'MERGE_REVIEW');
      }
      writeFileSync(fault, '');
      await approve(app, id, moment === AT_MERGE ? 'merge' : 'plan');
      await app.ended();
      expect(readFileSync(fault, 'utf8')).toContain('killed:');
      await app.kill9();
      await app.start();
      if (moment !== AT_MERGE) {
        await waitState(app, id, 'MERGE_REVIEW');
        await approve(app, id, 'merge');
      }
      await waitState(app, id, 'DONE');
      expect(mergeRequests()).toHaveLength(requests + 1);
      expect(git(bare, 'rev-list', '--merges', '--count', `${before}..main`).trim()).toBe('1');
      expect(git(bare, 'show', `main:src/parts/part-${n}.js`)).toContain(`1${n}`);
      expect(git(bare, 'show', `main:notes/${n}.md`)).toBe(`Part ${n}\n`);
      const steps = (await app.cli('reviewer', 'logs', id)).stdout;
      expect(steps).not.toBe('');
      await waitFor(() => containers() === '' && workspaces().length === 0, 60_000, () => `${containers()} ${workspaces().join()}`);
    },
    240_000,
  );
});

function mergeRequests(): string[] {
  return git(bare, 'for-each-ref', '--format=%(refname)', 'refs/merge-requests/*/head').split('\n').filter(Boolean);
}

function containers(): string {
  return execFileSync('docker', ['ps', '-aq', '--filter', 'label=dev.countersign.request'], { encoding: 'utf8' });
}

function workspaces(): string[] {
  const dir = join(app.dataDir, 'workspaces');
  return existsSync(dir) ? readdirSync(dir) : [];
}
