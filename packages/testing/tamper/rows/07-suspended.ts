import type { Guards } from '../../../../services/requests/src/guards.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { afterFirstVote, passesAfterFirstVote } from '../votes.js';
import { must } from '../world.js';

const comesThrough = (guards: Partial<Guards>): Promise<boolean> => passesAfterFirstVote(guards, (h) => h.suspend('reviewer'));

export const row: Row = {
  number: 7,
  title: 'suspended after voting',
  class: 'dropped',
  guard: 'isActive',
  async control(world) {
    await (await afterFirstVote(world, 'staying')).passes();
  },
  async attack(world) {
    const { dropped } = await afterFirstVote(world, 'leaving', async ({ id }) => {
      must(await world.ask(world.people.admin, 'mutation ($input: PersonInput!) { suspendPerson(input: $input) { active } }', { input: { person: id } }));
    });
    return dropped('ACTOR_INACTIVE');
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ isActive: allow(true) }) }),
};
