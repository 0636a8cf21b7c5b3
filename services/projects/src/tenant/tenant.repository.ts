import type { EntityManager } from 'typeorm';

import { TenantEntity } from './tenant.entity.js';

export class TenantRepository {
  constructor(private readonly manager: EntityManager) {}

  byName(name: string): Promise<TenantEntity | null> {
    return this.manager.findOneBy(TenantEntity, { name });
  }

  async add(tenant: TenantEntity): Promise<void> {
    await this.manager.createQueryBuilder().insert().into(TenantEntity).values(tenant).orIgnore().execute();
  }

  /**
   * Until the transaction ends, changes of one tenant's people, roles and project names come one after another: what
   * "the last admin" or "the name is free" means must not change between the look and the write.
   */
  async lock(id: string): Promise<void> {
    await this.manager.findOne(TenantEntity, { where: { id }, lock: { mode: 'for_no_key_update' } });
  }
}
