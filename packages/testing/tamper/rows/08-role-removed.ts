import type { Guards } from '../../../../services/requests/src/guards.js';
import { aPerson } from '../../../../services/requests/src/testing/projects.fake.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { afterFirstVote, passesAfterFirstVote } from '../votes.js';
import { must } from '../world.js';

const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  passesAfterFirstVote(guards, ({ projects }) => void projects.add(aPerson('reviewer', { grants: [{ role: 'observer', project: '*' }] })));

export const row: Row = {
  number: 8,
  title: 'role removed after voting',
  class: 'dropped',
  guard: 'holdsRole',
  async control(world) {
    await (await afterFirstVote(world, 'keeping')).passes();
  },
  async attack(world) {
    const { dropped } = await afterFirstVote(world, 'losing', async ({ id }) => {
      const input = { person: id, role: 'reviewer' };
      must(await world.ask(world.people.admin, 'mutation ($input: RoleInput!) { revokeRole(input: $input) { id } }', { input }));
    });
    return dropped('ROLE_MISSING');
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ holdsRole: allow(true) }) }),
};
