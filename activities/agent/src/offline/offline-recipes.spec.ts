import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Facts } from '@countersign/domain';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { agentWorld, type AgentWorld } from '../testing/agent-world.fake.js';

let root: string;
let world: AgentWorld;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-offline-'));
  world = agentWorld(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const cannotFact = (): Facts['cannot'] => world.records.facts.findLast((fact) => fact.kind === 'cannot')?.data as Facts['cannot'];

describe('the offline model', () => {
  it('plans a move, an insertion and a version exactly, each on what the one before left', async () => {
    const base = world.workspace.commit({ 'src/a.ts': "import './b';", 'src/b.ts': '', 'x.ts': "import './src/a';\n", 'package.json': '{"dependencies":{"ms":"2"}}' });
    const plan = await world.planned('Tidy', 'move file src/a.ts to lib/a.ts\ninsert "\\nimport \'./src/b\';" after "import \'./lib/a\';" in x.ts\nset ms to ^2.1.0 in package.json', base);
    expect(plan).toMatchObject({
      summary: '3 deterministic changes by the offline model: 4 files, 4 places.',
      steps: [
        { files: [{ path: 'src/a.ts', change: 'delete' }, { path: 'lib/a.ts', change: 'add', places: 1 }, { path: 'x.ts', change: 'edit', places: 1 }] },
        { files: [{ path: 'x.ts', change: 'edit', places: 1 }] },
        { files: [{ path: 'package.json', change: 'edit', places: 1 }] },
      ],
    });
    world.approve(plan, base);
    expect(await world.activities.execute({ requestId: 'r1', attempt: 1, feedback: [] })).toMatchObject({ kind: 'done' });
  });

  it.each([
    ['set ms to 3 in package.json', 'LOCKFILE_NOT_HONEST', /ms 2\.1\.3, and 3 is wanted.*npm install ms@3$/],
    ['insert "x" after "a" in a.txt', 'EDIT_NOT_UNIQUE', /at lines 1, 2/],
  ])('refuses %j while planning, with the code and the reason', async (instruction, code, message) => {
    const packages = { '': { dependencies: { ms: '2' } }, 'node_modules/ms': { version: '2.1.3' } };
    const base = world.workspace.commit({ 'a.txt': 'a\na', 'package.json': '{"dependencies":{"ms":"2"}}', 'package-lock.json': JSON.stringify({ lockfileVersion: 3, packages }) });
    await expect(world.planned('Change', instruction, base)).rejects.toThrow(code);
    expect(cannotFact()).toMatchObject({ code, message: expect.stringMatching(message), understood: [instruction] });
  });

  it('lists what it understands where it understands nothing', async () => {
    await expect(world.planned('Make it faster', '', world.workspace.commit({ a: '' }))).rejects.toThrow('MODEL_CANNOT');
    const { message } = cannotFact();
    for (const line of ['set <package> to <version> in [<folder>/]package.json', 'move file <path> to <path>', 'insert "<text>" after "<text>" in <file>']) expect(message).toContain(line);
  });
});
