import { projectsRpc } from '@countersign/contracts';
import { RpcClient, rpcWithServiceToken, type ServiceTokens } from '@countersign/platform';
import type { Role } from '@countersign/domain';

import type { SamplePerson } from './identity/sample-people.js';

const ROLE_OF: Readonly<Record<string, Role>> = { admin: 'admin', maintainer: 'maintainer', reviewer: 'reviewer', observer: 'observer' };

export type SeedDeps = {
  readonly projects: { readonly host: string; readonly port: number };
  readonly tokens: ServiceTokens;
  readonly issuer: string;
  readonly people: readonly SamplePerson[];
};

/** Makes the sample people known to services/projects; those who are known keep what they have. */
export async function seedPeople({ projects, tokens, issuer, people }: SeedDeps): Promise<void> {
  const client = new RpcClient(projectsRpc, projects);
  try {
    await rpcWithServiceToken(client, tokens, 'projects').call('people.seed', {
      tenant: 'default',
      issuer,
      people: people.map(({ subject, name }) => ({ subject, name, role: ROLE_OF[subject] ?? 'observer' })),
    });
  } finally {
    client.close();
  }
}
