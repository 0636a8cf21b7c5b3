import { Brackets, type EntityManager, In, IsNull, Not } from 'typeorm';

import { PersonEntity } from './person.entity.js';

export class PersonRepository {
  constructor(private readonly manager: EntityManager) {}

  byIdentity(issuer: string, subject: string): Promise<PersonEntity | null> {
    return this.manager.findOneBy(PersonEntity, { issuer, subject });
  }

  byIds(tenantId: string, ids: readonly string[]): Promise<PersonEntity[]> {
    return this.manager.findBy(PersonEntity, { tenantId, id: In(ids) });
  }

  /** By id, or by sign-in name: the same name may exist at two issuers. */
  named(tenantId: string, name: string): Promise<PersonEntity[]> {
    return this.manager.findBy(PersonEntity, [
      { tenantId, id: name },
      { tenantId, subject: name },
    ]);
  }

  async page(tenantId: string, limit: number, after?: readonly [subject: string, id: string]): Promise<PersonEntity[]> {
    const query = this.manager
      .createQueryBuilder(PersonEntity, 'person')
      .where('person.tenantId = :tenantId', { tenantId })
      .orderBy('person.subject')
      .addOrderBy('person.id')
      .limit(limit);
    if (after) {
      query.andWhere(
        new Brackets((where) => where.where('(person.subject, person.id) > (:subject, :id)', { subject: after[0], id: after[1] })),
      );
    }
    return query.getMany();
  }

  count(tenantId: string): Promise<number> {
    return this.manager.countBy(PersonEntity, { tenantId });
  }

  async add(person: PersonEntity): Promise<void> {
    await this.manager.insert(PersonEntity, person);
  }

  /** Sign-ins that were erased at an issuer, in whichever tenant. */
  erasedAt(issuer: string): Promise<PersonEntity[]> {
    return this.manager.findBy(PersonEntity, { issuer, erasedAt: Not(IsNull()) });
  }

  async erase(tenantId: string, id: string, as: Pick<PersonEntity, 'name' | 'subject' | 'erasedAt'>): Promise<void> {
    await this.manager.update(PersonEntity, { tenantId, id }, { ...as, active: false });
  }

  async setActive(tenantId: string, id: string, active: boolean): Promise<void> {
    await this.manager.update(PersonEntity, { tenantId, id }, { active });
  }
}
