import type { Gate } from '@countersign/domain';
import { Field, Int, ObjectType } from '@nestjs/graphql';

import { PageInfo } from '../graphql/connection.type.js';
import { DocumentKindEnum, GateEnum } from '../graphql/enums.js';
import { Json, SafeInt, Timestamp } from '../graphql/scalars.js';

@ObjectType({ description: 'Download it from `/artifacts/<sha256>`.' })
export class ArtifactRef {
  @Field() sha256!: string;
  @Field(() => SafeInt) bytes!: number;
  @Field() name!: string;
  @Field() mediaType!: string;
}

@ObjectType()
export class Document {
  @Field(() => DocumentKindEnum) kind!: 'spec' | 'plan' | 'diff' | 'checks' | 'review';
  @Field(() => String, { nullable: true, description: 'The digest that the gate shows and a decision names.' })
  digest!: string | null;
  @Field(() => Int, { nullable: true }) revision!: number | null;
  @Field(() => Json, { nullable: true, description: 'The structured document.' }) data!: unknown;
  @Field({ description: 'Markdown; for a diff the patch.' }) text!: string;
  @Field() truncated!: boolean;
  @Field(() => ArtifactRef, { nullable: true }) artifact!: ArtifactRef | null;
  @Field(() => String, { nullable: true }) author!: string | null;
}

@ObjectType({ description: 'What is approved at a gate.' })
export class Subject {
  @Field(() => GateEnum) gate!: Gate;
  @Field(() => Int) revision!: number;
  @Field() digest!: string;
  @Field({ description: 'The exact bytes whose SHA-256 is the digest.' }) text!: string;
}

@ObjectType()
export class LogPiece {
  @Field() text!: string;
  @Field(() => SafeInt, { description: 'Byte offset to ask for next.' }) next!: number;
  @Field() ended!: boolean;
}

@ObjectType({ description: 'Where an entry lies in the transparency log.' })
export class LogPlace {
  @Field({ description: 'Names the log: the origin of its checkpoints.' }) origin!: string;
  @Field(() => Int) index!: number;
}

@ObjectType()
export class AuditItem {
  @Field(() => Int) seq!: number;
  @Field(() => Timestamp) at!: string;
  @Field() type!: string;
  @Field(() => String, { nullable: true }) actor!: string | null;
  @Field() text!: string;
  @Field({ description: 'The entry as it was recorded: RFC 8785 text.' }) entry!: string;
  @Field(() => String, { nullable: true, description: 'The signed document that the entry stands for: a DSSE envelope. Null for other entries, and where it was erased.' })
  document!: string | null;
  @Field(() => String, { nullable: true, description: '`valid`, or the code that says why the signature does not count. Null without a document.' })
  signature!: string | null;
  @Field({ description: 'What it stood for was erased; the entry stays.' }) erased!: boolean;
  @Field(() => LogPlace, { nullable: true, description: 'Where a signed checkpoint proves these very bytes. Null until the log holds them, which takes less than a second; longer where somebody changed them.' })
  place!: LogPlace | null;
}

@ObjectType()
export class AuditEdge {
  @Field(() => AuditItem) node!: AuditItem;
  @Field() cursor!: string;
}

@ObjectType()
export class AuditConnection {
  @Field(() => [AuditEdge]) edges!: AuditEdge[];
  @Field(() => PageInfo) pageInfo!: PageInfo;
  @Field(() => Int) totalCount!: number;
}
