import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** One transparency log: `<origin>/log/<tenant>/<n>`. Where n + 1 exists, n is closed. The role may add rows and read. */
@Entity('tree')
export class TreeEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @PrimaryColumn({ type: 'int' })
  n!: number;

  @Column({ type: 'text' })
  origin!: string;

  @Column({ name: 'opened_at', type: 'timestamptz', precision: 3 })
  openedAt!: Date;

  /** The last checkpoint of log n - 1 that held when n was opened. */
  @Column({ name: 'prior_note', type: 'text', nullable: true })
  priorNote!: string | null;
}

/** `entry` is the leaf's data; the columns beside it are only for finding it. */
@Entity('leaf')
@Index('ux_leaf_source', ['tenantId', 'source', 'sourceId', 'n'], { unique: true })
@Index('ix_leaf_payload', ['tenantId', 'payload'])
@Index('ix_leaf_request', ['tenantId', 'requestId'], { where: '(request_id IS NOT NULL)' })
@Index('ix_leaf_at', ['tenantId', 'at'])
export class LeafEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @PrimaryColumn({ type: 'int' })
  n!: number;

  @PrimaryColumn({ type: 'bigint' })
  index!: string;

  /** The schema whose `audit_entry` holds the same bytes. */
  @Column({ type: 'text' })
  source!: string;

  @Column({ name: 'source_id', type: 'bigint' })
  sourceId!: string;

  @Column({ type: 'text' })
  type!: string;

  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId!: string | null;

  @Column({ type: 'text' })
  payload!: string;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  at!: Date | null;

  @Column({ type: 'bytea' })
  entry!: Buffer;

  @Column({ name: 'leaf_hash', type: 'bytea' })
  leafHash!: Buffer;
}

/** The root of a complete subtree of level 1 or above. */
@Entity('node')
export class NodeEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @PrimaryColumn({ type: 'int' })
  n!: number;

  @PrimaryColumn({ type: 'int' })
  level!: number;

  @PrimaryColumn({ type: 'bigint' })
  index!: string;

  @Column({ type: 'bytea' })
  hash!: Buffer;
}

@Entity('checkpoint')
export class CheckpointEntity {
  @PrimaryColumn({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @PrimaryColumn({ type: 'int' })
  n!: number;

  @PrimaryColumn({ type: 'bigint' })
  size!: string;

  @Column({ type: 'bytea' })
  root!: Buffer;

  @Column({ type: 'text' })
  note!: string;

  /** How far each source was taken: `{"requests":{"xid":"…","id":"…"}}`. */
  @Column({ type: 'jsonb' })
  taken!: object;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}

/** What was found wrong with a tree. From the first one on nothing is appended to it. */
@Entity('incident')
@Index('ix_incident_tree', ['tenantId', 'n', 'id'])
export class IncidentEntity {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @Column({ name: 'tenant_id', type: 'text' })
  tenantId!: string;

  @Column({ type: 'int' })
  n!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;

  @Column({ type: 'bigint', nullable: true })
  index!: string | null;

  @Column({ type: 'text' })
  code!: string;

  @Column({ type: 'text' })
  text!: string;
}
