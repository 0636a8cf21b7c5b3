import type { Gate, GateSetting, GateState, Verdict } from '@countersign/domain';
import { Field, ID, Int, ObjectType } from '@nestjs/graphql';

import { ActorKindEnum, DecisionStatusEnum, GateEnum, GateSettingEnum, GateStateEnum, VerdictEnum } from '../graphql/enums.js';
import { Timestamp } from '../graphql/scalars.js';

@ObjectType()
export class Decision {
  @Field(() => ID) id!: string;
  @Field() actor!: string;
  @Field(() => ActorKindEnum) actorKind!: 'person' | 'policy' | 'gate-off';
  @Field(() => VerdictEnum) verdict!: Verdict;
  @Field(() => DecisionStatusEnum) status!: 'recorded' | 'counted' | 'dropped';
  @Field(() => String, { nullable: true, description: 'Why it was dropped.' }) code!: string | null;
  @Field(() => Int) revision!: number;
  @Field() digest!: string;
  @Field(() => String, { nullable: true }) reason!: string | null;
  @Field() channel!: string;
  @Field(() => [String], { description: 'How the actor authenticated; `local-operator` is labelled everywhere.' })
  amr!: string[];
  @Field(() => [String]) policyIds!: string[];
  @Field(() => Timestamp) at!: string;
}

@ObjectType('GateView')
export class GateView {
  @Field(() => GateEnum) name!: Gate;
  @Field(() => GateSettingEnum) setting!: GateSetting;
  @Field(() => GateStateEnum) state!: GateState;
  @Field(() => Int) revision!: number;
  @Field(() => String, { nullable: true, description: 'Null before the gate opened.' }) digest!: string | null;
  @Field(() => Int) approvals!: number;
  @Field(() => Int) required!: number;
  @Field(() => Timestamp, { nullable: true }) deadline!: string | null;
  @Field(() => String, { nullable: true, description: 'Why it opened again, or why policy did not pass it.' })
  account!: string | null;
  @Field() mayDecide!: boolean;
  @Field(() => String, { nullable: true }) whyNot!: string | null;
  @Field(() => [Decision]) decisions!: Decision[];
}
