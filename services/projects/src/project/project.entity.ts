import { DEFAULT_PROJECT_SETTINGS, type ProjectSettings } from '@countersign/domain';
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { TenantEntity } from '../tenant/tenant.entity.js';

@Entity('project')
@Index('project_name_key', ['tenantId', 'name'], { unique: true })
@Index('project_importing_idx', ['importState'], { where: `import_state = 'importing'` })
export class ProjectEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'project_pkey' })
  id!: string;

  @Column('text', { name: 'tenant_id' })
  @ForeignKey(() => TenantEntity, { name: 'project_tenant_fkey' })
  tenantId!: string;

  @Column('text')
  name!: string;

  @Column('text')
  repo!: string;

  /** Empty while an import has not yet told the source's own branch. */
  @Column('text')
  branch!: string;

  /** A row of an older version lacks what came later. */
  @Column('jsonb', { transformer: { to: (settings: ProjectSettings) => settings, from: (stored: object) => ({ ...DEFAULT_PROJECT_SETTINGS, ...stored }) } })
  settings!: ProjectSettings;

  @Column('int', { name: 'settings_version' })
  settingsVersion!: number;

  /** Null: the default policy. */
  @Column('text', { name: 'policy_text', nullable: true })
  policyText!: string | null;

  @Column('text', { name: 'import_state' })
  importState!: 'importing' | 'ready' | 'failed';

  /** Names one import of this row: what an earlier one still has to say is dropped. */
  @Column('int', { name: 'import_attempt' })
  importAttempt!: number;

  @Column('text', { name: 'import_progress' })
  importProgress!: string;

  @Column('text', { name: 'import_code', nullable: true })
  importCode!: string | null;

  @Column('text', { name: 'import_message', nullable: true })
  importMessage!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
