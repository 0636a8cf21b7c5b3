import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Facts } from '@countersign/domain';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { agentActivities } from './agent.activities.js';
import { OfflineModel } from './offline/offline.adapter.js';
import type { LanguageModelPort } from './ports/language-model.port.js';
import { agentWorld, type AgentWorld } from './testing/agent-world.fake.js';
import { aFuse, Killed, killable } from './testing/fuse.fake.js';

let root: string;
let world: AgentWorld;
let base: string;
let modelCalls: number;
const BODY = 'rename foo to bar\nreplace "bar" with "baz"\nadd file n.ts\n```\nbaz\n```\nrename baz to qux';

const model: LanguageModelPort = {
  ...new OfflineModel(),
  chat(request) {
    modelCalls += request.stage === 'execute' ? 1 : 0;
    return new OfflineModel().chat(request);
  },
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-resume-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function begin(): Promise<void> {
  rmSync(root, { recursive: true, force: true });
  modelCalls = 0;
  world = agentWorld(root, model);
  base = world.workspace.commit({ 'a.ts': 'foo', 'b.ts': 'foo; "foo"' });
  world.approve(await world.planned('Names', BODY, base), base);
}

const input = { requestId: 'r1', attempt: 1, feedback: [] };
const execution = (): Facts['execution'] => world.records.facts.findLast((fact) => fact.kind === 'execution')?.data as Facts['execution'];

/** Instructions that the tools were asked to carry out, in order. */
const made = (): readonly string[] =>
  world.sandbox.execs.flatMap(({ stdin }) => {
    const { args } = JSON.parse(stdin ?? '{}') as { args: { instructions: string[]; dryRun: boolean } };
    return args.dryRun ? [] : args.instructions;
  });

async function recordedSteps(): Promise<number> {
  const key = [...world.journal.runs.keys()].find((name) => name.includes('execute'));
  const [requestId = '', runKey = ''] = key?.split(' ') ?? [];
  return Math.max(0, (await world.journal.steps(requestId, runKey)).length - 1);
}

describe.each(['before', 'after'] as const)('killed %s any call that an execution makes', (when) => {
  it('goes on to the same commit, repeats no finished step and at most one model call', async () => {
    await begin();
    const counting = aFuse({ when });
    await agentActivities(killable(world.deps, counting)).execute(input);
    const { headCommit, tree } = execution();
    const usage = await world.records.addUsage('r1', { workflowId: 'w', runId: 'r' }, 'probe', { tokens: 0, costMicros: 0, wallClockMs: 0, attempts: 0 });
    const plainCalls = modelCalls;
    expect(counting.calls).toBeGreaterThan(40);

    for (let moment = 1; moment <= counting.calls; moment += 1) {
      await begin();
      await expect(agentActivities(killable(world.deps, aFuse({ left: moment, when }))).execute(input)).rejects.toBeInstanceOf(Killed);
      const finished = await recordedSteps();
      const before = made().length;
      expect(await world.activities.execute(input)).toMatchObject({ kind: 'done' });
      expect({ moment, headCommit: execution().headCommit, tree: execution().tree }).toEqual({ moment, headCommit, tree });
      expect(modelCalls).toBeLessThanOrEqual(plainCalls + 1);
      // What is made after the kill is exactly what the journal did not hold.
      expect({ moment, again: made().length - before }).toEqual({ moment, again: 4 - finished });
      expect(world.records.facts.filter((fact) => fact.kind === 'execution')).toHaveLength(1);
      expect(world.sandbox.running.size).toBe(0);
      expect(await world.records.addUsage('r1', { workflowId: 'w', runId: 'r' }, 'probe', { tokens: 0, costMicros: 0, wallClockMs: 0, attempts: 0 })).toEqual(usage);
    }
  });
});

describe('killed twice and more', () => {
  it('still comes to the same end, one call further each time', async () => {
    await begin();
    await world.activities.execute(input);
    const { headCommit } = execution();
    await begin();
    let kills = 0;
    for (let left = 12; ; left += 3) {
      const done = await agentActivities(killable(world.deps, aFuse({ left })))
        .execute(input)
        .catch((error: unknown) => error);
      if (!(done instanceof Killed)) break;
      kills += 1;
    }
    expect(kills).toBeGreaterThan(3);
    expect(execution().headCommit).toBe(headCommit);
  });
});
