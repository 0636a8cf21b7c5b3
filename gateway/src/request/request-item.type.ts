import type { State } from '@countersign/domain';
import { Field, ID, Int, ObjectType } from '@nestjs/graphql';

import { PageInfo } from '../graphql/connection.type.js';
import { StateEnum } from '../graphql/enums.js';
import { Timestamp } from '../graphql/scalars.js';

@ObjectType()
export class RequestItem {
  @Field(() => ID) id!: string;
  @Field() title!: string;
  @Field(() => StateEnum) state!: State;
  @Field() paused!: boolean;
  @Field({ description: "The project's name." }) project!: string;
  @Field({ description: "The requester's name." }) requester!: string;
  @Field(() => String, { nullable: true }) waitingFor!: string | null;
  @Field({ description: 'The viewer may decide the open gate now.' }) needsMe!: boolean;
  @Field(() => Timestamp) createdAt!: string;
  @Field(() => Timestamp) updatedAt!: string;
}

@ObjectType()
export class RequestEdge {
  @Field(() => RequestItem) node!: RequestItem;
  @Field() cursor!: string;
}

@ObjectType()
export class RequestConnection {
  @Field(() => [RequestEdge]) edges!: RequestEdge[];
  @Field(() => PageInfo) pageInfo!: PageInfo;
  @Field(() => Int) totalCount!: number;
}

@ObjectType({ description: 'How many requests lie in each box.' })
export class Inbox {
  @Field(() => Int) needsMe!: number;
  @Field(() => Int) waiting!: number;
  @Field(() => Int) running!: number;
  @Field(() => Int) done!: number;
}
