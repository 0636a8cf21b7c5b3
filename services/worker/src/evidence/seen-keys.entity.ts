import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The highest number of a list of keys that this worker believed, for each root key. */
@Entity('seen_keys')
export class SeenKeysEntity {
  /** Base64 of the raw 32 bytes. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'seen_keys_pkey' })
  root!: string;

  @Column({ type: 'int' })
  number!: number;
}
