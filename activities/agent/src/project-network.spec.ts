import { NO_EGRESS, type EgressSettings, type Facts } from '@countersign/domain';
import { someSettings } from '@countersign/domain/testing';
import { describe, expect, it } from '@jest/globals';

import { ProjectNetwork } from './project-network.js';
import { agentWorld, type AgentWorld } from './testing/agent-world.fake.js';

const rule = { host: 'npm.example.org', port: 443, methods: ['GET'], tunnel: false, credential: null };
const SETUP = ['sh', '-c', 'npm ci'];

function aNetwork(egress: EgressSettings): { readonly world: AgentWorld; readonly network: ProjectNetwork } {
  const world = agentWorld('/nowhere');
  const { brief } = world.records;
  world.records.brief = { ...brief, project: { ...brief.project, settings: someSettings({ setupCommand: 'npm ci', egress }) } };
  const run = { requestId: 'r1', ref: world.deps.run(), signal: world.abort.signal, briefing: world.records.brief, runKey: 'k' };
  return { world, network: new ProjectNetwork(world.deps, run, '/nowhere/agent') };
}

const factsOf = ({ records }: AgentWorld): Facts['egress'][] => records.facts.filter(({ kind }) => kind === 'egress').map(({ data }) => data as Facts['egress']);

describe('the network of the project commands', () => {
  it('is not there where no rule allows anything', async () => {
    const { world, network } = aNetwork(NO_EGRESS);
    expect(await network.for(['npm', 'test'])).toBeUndefined();
    await network.close();
    expect([world.egress.phases, factsOf(world)]).toEqual([[], []]);
  });

  it('is one broker for every command, with the rules of setup for the set-up command only', async () => {
    const { world, network } = aNetwork({ setup: [rule], execute: [] });
    const places = [];
    for (const argv of [SETUP, SETUP, ['npm', 'test'], ['sh', '-c', 'npm test'], [...SETUP, 'x']]) places.push(await network.for(argv));
    expect(new Set(places.map((place) => place?.socket))).toEqual(new Set(['/fake/1.sock']));
    expect(world.egress.phases).toEqual(['setup', 'execute']);
    expect(world.egress.opened[0]).toMatchObject({ workspace: '/nowhere/agent', project: { id: world.records.brief.project.id } });
    expect(world.lines).toEqual(['network: refused GET b.org:443/: no rule allows b.org:443']);
  });

  it('stores what was asked once', async () => {
    const { world, network } = aNetwork({ setup: [], execute: [rule] });
    await network.for(['npm', 'test']);
    await network.close();
    await network.close();
    expect(factsOf(world)).toEqual([expect.objectContaining({ phase: 'execute', allowed: 1, refused: 1, log: expect.objectContaining({ name: 'egress-execute.jsonl' }) })]);
    expect(world.egress.phases).toEqual(['execute', 'closed']);
  });

  it('says nothing more for a run that was stopped and may not write, and fails otherwise', async () => {
    for (const isStopped of [true, false]) {
      const { world, network } = aNetwork({ setup: [], execute: [rule] });
      world.records.putFact = async () => {
        throw new Error('superseded');
      };
      await network.for(['npm', 'test']);
      if (isStopped) world.abort.abort();
      const closed = network.close().then(() => 'closed', (error: Error) => error.message);
      expect(await closed).toBe(isStopped ? 'closed' : 'superseded');
    }
  });
});
