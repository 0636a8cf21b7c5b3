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

/** The whole text of a tool's answer that was cut, as JSON for the same reason. */
@Entity('journal_output')
export class JournalOutputEntity {
  @PrimaryColumn('text', { name: 'request_id', primaryKeyConstraintName: 'journal_output_pkey' })
  requestId!: string;

  @PrimaryColumn('text', { name: 'run_key', primaryKeyConstraintName: 'journal_output_pkey' })
  runKey!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'journal_output_pkey' })
  id!: string;

  @Column('text')
  output!: string;
}
