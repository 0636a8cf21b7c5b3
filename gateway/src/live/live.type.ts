import type { Gate, State } from '@countersign/domain';
import { Field, Int, ObjectType } from '@nestjs/graphql';

import { GateEnum, StateEnum } from '../graphql/enums.js';
import { SafeInt, Timestamp } from '../graphql/scalars.js';
import { Inbox, RequestItem } from '../request/request-item.type.js';

@ObjectType()
export class ChangeEvent {
  @Field(() => Int) seq!: number;
  @Field(() => Timestamp) at!: string;
  @Field() type!: string;
  @Field(() => String, { nullable: true }) actor!: string | null;
  @Field() text!: string;
  @Field(() => StateEnum, { nullable: true, description: 'The state from then on; null where none of these events is a move yet.' })
  state!: State | null;
}

@ObjectType({ description: 'The request as it is now, and what happened since the cursor before.' })
export class RequestChange {
  @Field({ description: 'Give it as `after` to go on behind this event.' }) cursor!: string;
  @Field(() => RequestItem) request!: RequestItem;
  @Field(() => GateEnum, { nullable: true, description: 'The gate that is open.' }) gate!: Gate | null;
  @Field(() => [ChangeEvent], { description: 'Oldest first, none left out. Empty in an event without a cursor before it.' })
  events!: ChangeEvent[];
}

@ObjectType({ description: 'A piece of the running log.' })
export class LogChunk {
  @Field(() => SafeInt, { description: 'Byte offset of the piece.' }) offset!: number;
  @Field() text!: string;
  @Field(() => SafeInt, { description: 'Give it as `after` to go on behind this piece.' }) next!: number;
  @Field({ description: 'Nothing follows.' }) ended!: boolean;
}

@ObjectType({ description: 'How many requests lie in each box.' })
export class InboxCounts extends Inbox {
  @Field({ description: 'Give it as `after` to be told only what differs from this.' }) cursor!: string;
}
