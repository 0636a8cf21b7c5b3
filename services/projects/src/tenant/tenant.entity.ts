import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('tenant')
@Index('tenant_name_key', ['name'], { unique: true })
export class TenantEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'tenant_pkey' })
  id!: string;

  @Column('text')
  name!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
