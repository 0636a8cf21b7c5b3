import { randomBytes } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import type { Facts } from '@countersign/domain';
import { RequestWorkspace, type Git } from '@countersign/git';
import { aGit, aRepository, type TestRepository } from '@countersign/git/testing';
import { aBriefing, fakeRequestRecords } from '@countersign/workflow-contracts/testing';

import { POLICY_GUARDS, policyActivities } from '../src/index.js';

jest.setTimeout(120_000);

const RUN = { workflowId: 'request-r1', runId: 'run-1' };
const TOKEN = `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`;
const HOSTILE = ['-n', 'with space', 'new\nline', 'quote"\\tab\t', 'ä/ö', '+++ b', 'a b/c d'];

describe('policy.measure on real git', () => {
  let git: Git;
  let dir: string;
  let remove: () => Promise<void>;
  let source: TestRepository;
  let base: string;
  beforeAll(async () => {
    ({ git, dir, remove } = await aGit());
    source = await aRepository(git, join(dir, 'source'), { 'a.ts': 'one\n', 'gone.ts': 'x\n' });
    base = await source.run('rev-parse', 'HEAD');
  });
  afterAll(() => remove());

  const measure = async (head: string, allowedPaths: readonly string[]): Promise<Facts['measure']> => {
    const workspace = new RequestWorkspace({ git, root: join(dir, 'workspaces', 'r1'), bare: join(dir, 'source', '.git') });
    await workspace.prepare();
    const subject = { gate: 'plan', revision: 1, digest: 'x', text: JSON.stringify({ allowedPaths }) };
    const records = fakeRequestRecords(aBriefing({ subjects: [subject] }));
    const diff = { sha256: 'c'.repeat(64), bytes: 1, name: 'patch', mediaType: 'text/x-diff' };
    const data = { attempt: 1, baseCommit: base, headCommit: head, tree: head, steps: 1, diff, files: [], limitsNotEnforced: [] };
    const { id } = await records.putFact('r1', RUN, { kind: 'execution', key: 'execution', data });
    const activities = policyActivities({ records, workspace: () => workspace, run: () => RUN, heartbeat: () => undefined, guards: POLICY_GUARDS });
    const { factId } = await activities.measure({ requestId: 'r1', executionId: id });
    return records.facts.find((fact) => fact.id === factId)?.data as Facts['measure'];
  };

  it('finds the secret in every file, whatever its name', async () => {
    const files = Object.fromEntries(HOSTILE.map((name) => [name, `first\nkey = "${TOKEN}"\n`]));
    const fact = await measure(await source.commit({ ...files, 'gone.ts': null }), [...HOSTILE, 'gone.ts']);
    expect(fact.pathsOutsidePlan).toEqual([]);
    expect(fact.findings.filter(({ rule }) => rule === 'secret').map(({ path, line }) => [path, line]).sort()).toEqual(
      HOSTILE.map((name) => [name, 2]).sort(),
    );
    expect(JSON.stringify(fact)).not.toContain(TOKEN.slice(4));
    expect(fact).toMatchObject({ addedLines: 14, removedLines: 1, secrets: 7 });
  });

  it('names links, binaries, large files and what attributes would hide', async () => {
    const at = join(dir, 'source');
    await mkdir(join(at, 'sub'), { recursive: true });
    await symlink('../../outside', join(at, 'sub', 'link'));
    // What git takes for binary has a zero byte; one in fifty of as many random ones has none.
    await writeFile(join(at, 'b.bin'), Buffer.concat([Buffer.alloc(1), randomBytes(999)]));
    await writeFile(join(at, 'large.bin'), Buffer.alloc(11 * 1024 * 1024, 1));
    const head = await source.commit({ '.gitattributes': '*.env binary\n', 'x.env': `K=${TOKEN}\n` });
    const rules = (await measure(head, [])).findings.map(({ rule, path }) => `${rule} ${path}`);
    expect(rules).toEqual(expect.arrayContaining(['symlink sub/link', 'binary b.bin', 'file-size large.bin', 'secret x.env']));
  });

  it('measures a diff of more than 10 MB in seconds', async () => {
    const line = 'const value = compute(other, 12) + "text";\n';
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`many/f${index}.ts`, line.repeat(300)]));
    const head = await source.commit({ ...many, 'one-big.ts': `${line.repeat(120_000)}console.log(1)\n` });
    const startedAt = performance.now();
    const fact = await measure(head, []);
    const tookMs = performance.now() - startedAt;
    expect(fact.addedLines).toBeGreaterThan(260_000);
    expect(fact.findings.some(({ rule, path }) => rule === 'debug-statement' && path === 'one-big.ts')).toBe(true);
    expect(tookMs).toBeLessThan(30_000);
  });
});
