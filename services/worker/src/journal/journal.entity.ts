import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who may write a run's journal: the newest epoch only. */
@Entity('journal_lease')
export class JournalLeaseEntity {
  @PrimaryColumn('text', { name: 'request_id', primaryKeyConstraintName: 'journal_lease_pkey' })
  requestId!: string;

  @PrimaryColumn('text', { name: 'run_key', primaryKeyConstraintName: 'journal_lease_pkey' })
  runKey!: string;

  @Column('int')
  epoch!: number;

  @Column('boolean')
  closed!: boolean;
}

/** JSON as text: `jsonb` refuses NUL and lone surrogates, and a tool's answer may hold both. */
@Entity('journal_step')
export class JournalStepEntity {
  @PrimaryColumn('text', { name: 'request_id', primaryKeyConstraintName: 'journal_step_pkey' })
  requestId!: string;

  @PrimaryColumn('text', { name: 'run_key', primaryKeyConstraintName: 'journal_step_pkey' })
  runKey!: string;

  @PrimaryColumn('int', { primaryKeyConstraintName: 'journal_step_pkey' })
  step!: number;

  @Column('text', { nullable: true })
  answer!: string | null;

  @Column('text', { nullable: true })
  record!: string | null;
}
