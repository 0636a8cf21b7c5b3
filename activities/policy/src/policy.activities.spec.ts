import { beforeEach, describe, expect, it } from '@jest/globals';

import type { DiffFile, Facts } from '@countersign/domain';
import { digestOf } from '@countersign/domain/digest';
import { someSettings } from '@countersign/domain/testing';
import type { Inspection } from '@countersign/git';
import { aBriefing, fakeRequestRecords, type FakeRequestRecords } from '@countersign/workflow-contracts/testing';

import { POLICY_GUARDS } from './guards.js';
import { policyActivities } from './policy.activities.js';
import { fakeScanner } from './testing/index.js';

const RUN = { workflowId: 'request-r1', runId: 'run-1' };
const CLEAN: Inspection = { gitlinks: [], nonUtf8: [], oversized: [], symlinks: [], devices: [], nested: [] };

function aFile(path: string, over: Partial<DiffFile> = {}): DiffFile {
  return { path, change: 'edit', added: 1, removed: 0, binary: false, ...over };
}

function aPatch(path: string, added: readonly string[]): string {
  const body = added.map((line) => `+${line}\n`).join('');
  return `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -0,0 +1,${added.length} @@\n${body}`;
}

describe('policy.measure', () => {
  let records: FakeRequestRecords;
  let executionId: string;
  let diff: { patch: Buffer; files: readonly DiffFile[] };
  let inspection: Inspection;

  beforeEach(async () => {
    const brief = aBriefing();
    const plan = (revision: number, allowedPaths: readonly string[]) => ({
      gate: 'plan',
      revision,
      digest: `${revision}`.repeat(64),
      text: JSON.stringify({ v: 1, gate: 'plan', allowedPaths }),
    });
    records = fakeRequestRecords({
      ...brief,
      project: { ...brief.project, settings: someSettings({ maxDiffLines: 5 }) },
      subjects: [plan(2, ['a.ts', 'b c']), plan(1, ['old.ts'])],
    });
    const ref = { sha256: 'c'.repeat(64), bytes: 1, name: 'patch', mediaType: 'text/x-diff' };
    const data: Facts['execution'] = {
      attempt: 1, baseCommit: 'b'.repeat(40), headCommit: 'a'.repeat(40), tree: 'd'.repeat(40), steps: 1, diff: ref, files: [], limitsNotEnforced: [],
    };
    executionId = (await records.putFact('r1', RUN, { kind: 'execution', key: 'execution', data })).id;
    diff = { patch: Buffer.from(aPatch('a.ts', ['const b = 1;'])), files: [aFile('a.ts')] };
    inspection = CLEAN;
  });

  const measure = async (): Promise<{ fact: Facts['measure']; blocking: boolean }> => {
    const activities = policyActivities({
      records,
      workspace: () => ({ diff: async () => diff, inspect: async () => inspection }),
      run: () => RUN,
      heartbeat: () => undefined,
      guards: POLICY_GUARDS,
      scanner: fakeScanner(),
    });
    const { factId, blocking } = await activities.measure({ requestId: 'r1', executionId });
    return { fact: records.facts.find(({ id }) => id === factId)?.data as Facts['measure'], blocking };
  };

  it('measures a change within plan and size, and has nothing to say', async () => {
    const { fact, blocking } = await measure();
    expect(blocking).toBe(false);
    expect(fact).toEqual({
      headCommit: 'a'.repeat(40), addedLines: 1, removedLines: 0, files: [aFile('a.ts')], pathsOutsidePlan: [], secrets: 0,
      ciOrDependencyFiles: [], findings: [],
    });
    expect(digestOf(fact)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('blocks a path that the newest plan does not name exactly', async () => {
    diff = { ...diff, files: [aFile('a.ts'), aFile('old.ts'), aFile('b c'), aFile('A.ts')] };
    const { fact, blocking } = await measure();
    expect(blocking).toBe(true);
    expect(fact.pathsOutsidePlan).toEqual(['old.ts', 'A.ts']);
  });

  it.each([['no plan', () => []], ['a plan that cannot be read', () => [{ gate: 'plan', revision: 1, digest: 'x', text: '{' }]]])(
    'takes everything for outside where there is %s',
    async (_case, subjects) => {
      records.brief = { ...records.brief, subjects: subjects() };
      expect((await measure()).fact.pathsOutsidePlan).toEqual(['a.ts']);
    },
  );

  it('blocks secrets and conflict markers, and warns of debug statements, by file and line', async () => {
    diff = { ...diff, patch: Buffer.from(aPatch('a.ts', ['const x = SECRET;', '<<<<<<< HEAD', 'console.log(x)'])) };
    const { fact, blocking } = await measure();
    expect([blocking, fact.secrets]).toEqual([true, 1]);
    expect(fact.findings.map(({ rule, severity, path, line }) => [rule, severity, path, line])).toEqual([
      ['secret', 'blocking', 'a.ts', 1],
      ['conflict-marker', 'blocking', 'a.ts', 2],
      ['debug-statement', 'warning', 'a.ts', 3],
    ]);
  });

  it('warns of size, CI files and binaries without blocking', async () => {
    diff = { patch: Buffer.alloc(0), files: [aFile('a.ts', { added: 4, removed: 2 }), aFile('b c', { binary: true, added: 0 })] };
    const { fact, blocking } = await measure();
    expect(blocking).toBe(false);
    expect(fact).toMatchObject({ addedLines: 4, removedLines: 2 });
    expect(fact.findings.map(({ rule }) => rule)).toEqual(['binary', 'size']);
    records.brief = { ...records.brief, subjects: [{ gate: 'plan', revision: 3, digest: 'y', text: '{"allowedPaths":["package.json"]}' }] };
    diff = { patch: Buffer.alloc(0), files: [aFile('package.json')] };
    const ci = await measure();
    expect([ci.blocking, ci.fact.ciOrDependencyFiles]).toEqual([false, ['package.json']]);
  });

  it.each([
    ['gitlink', { gitlinks: ['sub'] }],
    ['device', { devices: ['fifo'] }],
    ['file-name', { nonUtf8: ['\\xff'] }],
    ['file-size', { oversized: [{ path: 'big', bytes: 11 * 1024 * 1024 }] }],
    ['symlink', { symlinks: [{ path: 'a/link', target: '../../etc' }] }],
    ['symlink', { symlinks: [{ path: 'link', target: '/etc/passwd' }] }],
  ])('blocks on %s', async (rule, over) => {
    inspection = { ...CLEAN, ...over };
    const { fact, blocking } = await measure();
    expect(blocking).toBe(true);
    expect(fact.findings).toEqual([expect.objectContaining({ rule, severity: 'blocking' })]);
  });

  it('lets links inside the repository be', async () => {
    inspection = { ...CLEAN, symlinks: [{ path: 'a/link', target: '../b' }, { path: 'x', target: '..x' }] };
    expect((await measure()).blocking).toBe(false);
  });

  it('keeps a fact small where everything is wrong, and counts all', async () => {
    diff = { ...diff, patch: Buffer.from(aPatch('a.ts', Array.from({ length: 5000 }, () => 'SECRET console.log(1)'))) };
    const { fact } = await measure();
    expect(fact.secrets).toBe(5000);
    expect(fact.findings).toHaveLength(202);
    expect(fact.findings.filter(({ message }) => message.startsWith('4900 more'))).toHaveLength(2);
  });

  it('answers the same fact for the same commit and plan, and another one under another plan', async () => {
    await measure();
    await measure();
    expect(records.facts.filter(({ kind }) => kind === 'measure')).toHaveLength(1);
    records.brief = { ...records.brief, subjects: [] };
    expect((await measure()).fact.pathsOutsidePlan).toEqual(['a.ts']);
  });

  it('answers NOT_FOUND for an execution that is not there', async () => {
    executionId = 'nope';
    await expect(measure()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
