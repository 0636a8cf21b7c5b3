import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

import { RequestEntity } from '../request/request.entity.js';

/** Who may read a stored artifact: a read goes through a tenant's row, never through the hash alone. */
@Entity('artifact')
export class ArtifactEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text' })
  sha256!: string;

  @PrimaryColumn({ name: 'request_id', type: 'text' })
  @ForeignKey(() => RequestEntity, { name: 'fk_artifact_request' })
  requestId!: string;

  @Column({ type: 'bigint' })
  bytes!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ name: 'media_type', type: 'text' })
  mediaType!: string;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
