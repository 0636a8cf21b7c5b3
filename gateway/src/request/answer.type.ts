import type { State } from '@countersign/domain';
import { Field, ID, ObjectType } from '@nestjs/graphql';

import { OutcomeEnum, StateEnum } from '../graphql/enums.js';

type Outcome = 'recorded' | 'pending' | 'refused';

@ObjectType({ description: 'recorded: the lifecycle took it; pending: stored, delivery goes on; refused: nothing changed.' })
export class DecideResult {
  @Field(() => OutcomeEnum) outcome!: Outcome;
  @Field(() => String, { nullable: true }) code!: string | null;
  @Field(() => String, { nullable: true }) message!: string | null;
  @Field(() => ID, { nullable: true }) decisionId!: string | null;
  @Field(() => StateEnum) state!: State;
}

@ObjectType()
export class WordResult {
  @Field(() => OutcomeEnum) outcome!: Outcome;
  @Field(() => String, { nullable: true }) code!: string | null;
  @Field(() => String, { nullable: true }) message!: string | null;
  @Field(() => StateEnum) state!: State;
  @Field() paused!: boolean;
}

@ObjectType()
export class RepairResult {
  @Field(() => StateEnum) state!: State;
  @Field() paused!: boolean;
}
