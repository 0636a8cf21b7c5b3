import type { EntityManager } from 'typeorm';

import { SignInEntity } from './sign-in.entity.js';

export class SignInRepository {
  constructor(private readonly manager: EntityManager) {}

  /** True where the session is new, also where two calls bring it at once. */
  async add(session: SignInEntity): Promise<boolean> {
    const { raw } = await this.manager.createQueryBuilder().insert().into(SignInEntity).values(session).orIgnore().returning('person_id').execute();
    return (raw as readonly unknown[]).length === 1;
  }

  async forget(tenantId: string, personId: string): Promise<void> {
    await this.manager.delete(SignInEntity, { tenantId, personId });
  }
}
