import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Each list of keys that the root key signed. The newest judges; none is ever changed. */
@Entity('key_list')
export class KeyListEntity {
  @PrimaryColumn({ type: 'int' })
  number!: number;

  /** The envelope's stored text. */
  @Column({ type: 'text' })
  envelope!: string;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
