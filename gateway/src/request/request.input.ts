import type { Gate, State, Verdict } from '@countersign/domain';
import { ArgsType, Field, ID, InputType, Int } from '@nestjs/graphql';

import { BoxEnum, DocumentKindEnum, GateEnum, StateEnum, VerdictEnum } from '../graphql/enums.js';
import { PageArgs } from '../graphql/page.args.js';
import { SafeInt } from '../graphql/scalars.js';
import { BudgetLimitsInput } from './budget.type.js';

@ArgsType()
export class RequestsArgs extends PageArgs {
  @Field(() => BoxEnum, { nullable: true }) box?: 'needsMe' | 'waiting' | 'running' | 'done' | null;
  @Field(() => StateEnum, { nullable: true }) state?: State | null;
  @Field(() => String, { nullable: true }) project?: string | null;
}

@ArgsType()
export class DocumentArgs {
  @Field(() => ID) id!: string;
  @Field(() => DocumentKindEnum) kind!: 'spec' | 'plan' | 'diff' | 'checks' | 'review';
  @Field(() => Int, { nullable: true }) revision?: number | null;
  @Field(() => Int, { nullable: true, description: 'Default 1 000 000.' }) maxBytes?: number | null;
}

@ArgsType()
export class SubjectArgs {
  @Field(() => ID) id!: string;
  @Field(() => GateEnum) gate!: Gate;
  @Field(() => Int, { nullable: true }) revision?: number | null;
}

@ArgsType()
export class LogArgs {
  @Field(() => ID) id!: string;
  @Field(() => SafeInt, { nullable: true, description: 'Byte offset; default 0.' }) after?: number | null;
  @Field(() => Int, { nullable: true, description: 'Bytes; default 200 000.' }) limit?: number | null;
}

@InputType()
export class CreateRequestInput {
  @Field() project!: string;
  @Field() title!: string;
  @Field({ defaultValue: '' }) body!: string;
}

@InputType()
export class DecideInput {
  @Field(() => ID) id!: string;
  @Field(() => GateEnum) gate!: Gate;
  @Field({ description: 'The digest that the person was shown.' }) digest!: string;
  @Field(() => VerdictEnum) verdict!: Verdict;
  @Field(() => String, { nullable: true }) reason?: string | null;
}

@InputType()
export class CommentInput {
  @Field(() => ID) id!: string;
  @Field() text!: string;
}

@InputType()
export class RequestReasonInput {
  @Field(() => ID) id!: string;
  @Field(() => String, { nullable: true }) reason?: string | null;
}

@InputType()
export class RaiseBudgetInput {
  @Field(() => ID) id!: string;
  @Field(() => BudgetLimitsInput) limits!: BudgetLimitsInput;
  @Field({ description: 'The digest that `budgetSubject` showed for these limits.' }) digest!: string;
}
