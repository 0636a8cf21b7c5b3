import type { CheckVerdict, Severity } from '@countersign/domain';
import { Field, Float, ID, Int, ObjectType } from '@nestjs/graphql';

import { CheckVerdictEnum, MergeRequestStateEnum, SeverityEnum, StageStateEnum } from '../graphql/enums.js';
import { Timestamp } from '../graphql/scalars.js';
import { Budget } from './budget.type.js';
import { GateView } from './gate.type.js';
import { NetworkRun } from './network.type.js';
import { RequestItem } from './request-item.type.js';

@ObjectType()
export class Stage {
  @Field() name!: string;
  @Field(() => StageStateEnum) state!: 'waiting' | 'running' | 'done' | 'stopped';
  @Field(() => Timestamp, { nullable: true }) startedAt!: string | null;
  @Field(() => Timestamp, { nullable: true }) endedAt!: string | null;
  @Field(() => Int) attempts!: number;
}

@ObjectType()
export class RequestEvent {
  @Field(() => Int) seq!: number;
  @Field(() => Timestamp) at!: string;
  @Field() type!: string;
  @Field(() => String, { nullable: true }) actor!: string | null;
  @Field() text!: string;
}

@ObjectType()
export class Comment {
  @Field(() => ID) id!: string;
  @Field() author!: string;
  @Field() text!: string;
  @Field(() => Timestamp) at!: string;
  @Field({ description: "A language model's own words; they decide nothing." }) byModel!: boolean;
  @Field(() => ID, { nullable: true, description: 'The comment that this one answers.' }) answers!: string | null;
  @Field({ description: 'The answer is not there yet; the text says what it waits for.' }) pending!: boolean;
}

@ObjectType()
export class Finding {
  @Field() rule!: string;
  @Field(() => SeverityEnum) severity!: Severity;
  @Field() message!: string;
  @Field(() => String, { nullable: true }) path!: string | null;
  @Field(() => Int, { nullable: true }) line!: number | null;
  @Field(() => Float, { nullable: true, description: 'How sure a language model is, 0 to 1; null where a rule found it.' })
  confidence?: number;
}

@ObjectType()
export class ReviewPass {
  @Field() name!: string;
  @Field(() => Int) findings!: number;
  @Field(() => String, { nullable: true, description: 'Why it did not read everything.' }) error!: string | null;
}

@ObjectType({ description: 'What a language model read of the newest result.' })
export class ModelReview {
  @Field() reviewer!: string;
  @Field() headCommit!: string;
  @Field(() => [ReviewPass]) passes!: ReviewPass[];
}

@ObjectType()
export class MergeRequest {
  @Field(() => Int) number!: number;
  @Field() url!: string;
  @Field() branch!: string;
  @Field() target!: string;
  @Field(() => MergeRequestStateEnum) state!: 'open' | 'merged' | 'closed';
}

@ObjectType()
export class Merge {
  @Field() commit!: string;
  @Field(() => [String], { description: 'Commands that bring the result into the source repository.' }) bringHome!: string[];
}

@ObjectType({ description: 'What ended the request, or what the model said it cannot do.' })
export class Ending {
  @Field(() => String, { nullable: true }) code!: string | null;
  @Field() message!: string;
}

@ObjectType({ description: 'Verbs that the viewer may use now.' })
export class AllowedVerbs {
  @Field() cancel!: boolean;
  @Field() pause!: boolean;
  @Field() resume!: boolean;
  @Field() raiseBudget!: boolean;
  @Field() comment!: boolean;
  @Field() repair!: boolean;
}

@ObjectType()
export class RequestDetail extends RequestItem {
  @Field() body!: string;
  @Field(() => ID) projectId!: string;
  @Field(() => ID) requesterId!: string;
  @Field() branch!: string;
  @Field(() => String, { nullable: true }) baseCommit!: string | null;
  @Field(() => Int, { description: 'Revision of the plan; 0 before there is one.' }) revision!: number;
  @Field(() => [GateView]) gates!: GateView[];
  @Field(() => MergeRequest, { nullable: true }) mergeRequest!: MergeRequest | null;
  @Field(() => Merge, { nullable: true }) merge!: Merge | null;
  @Field(() => Budget) budget!: Budget;
  @Field(() => [Stage]) stages!: Stage[];
  @Field(() => [RequestEvent]) events!: RequestEvent[];
  @Field(() => [Comment]) comments!: Comment[];
  @Field(() => [Finding]) findings!: Finding[];
  @Field(() => ModelReview, { nullable: true }) modelReview!: ModelReview | null;
  @Field(() => CheckVerdictEnum, { nullable: true }) checks!: CheckVerdict | null;
  @Field(() => Ending, { nullable: true }) outcome!: Ending | null;
  @Field(() => [String]) limitsNotEnforced!: string[];
  @Field(() => [NetworkRun], { description: 'Newest first.' }) egress!: NetworkRun[];
  @Field(() => AllowedVerbs) may!: AllowedVerbs;
  @Field({ description: 'The run that owned it was superseded; an admin repairs it.' }) superseded!: boolean;
  @Field(() => String, { nullable: true, description: 'Which model wrote the documents; `offline` is labelled.' })
  author!: string | null;
}
