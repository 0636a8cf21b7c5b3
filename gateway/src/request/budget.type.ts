import { Field, InputType, Int, ObjectType } from '@nestjs/graphql';

import { SafeInt } from '../graphql/scalars.js';

@ObjectType({ description: 'Null is no limit. Money is in millionths of a unit.' })
export class BudgetLimits {
  @Field(() => SafeInt, { nullable: true }) tokens!: number | null;
  @Field(() => SafeInt, { nullable: true }) costMicros!: number | null;
  @Field(() => SafeInt, { nullable: true }) wallClockMs!: number | null;
  @Field(() => Int) attempts!: number;
}

@ObjectType()
export class BudgetUsage {
  @Field(() => SafeInt) tokens!: number;
  @Field(() => SafeInt, { nullable: true, description: 'Null is unknown, never 0.' }) costMicros!: number | null;
  @Field(() => SafeInt) wallClockMs!: number;
  @Field(() => Int) attempts!: number;
  @Field(() => SafeInt, { nullable: true, description: 'Of the tokens, those that the provider read from its cache; null is none.' }) cachedTokens?: number | null;
}

@ObjectType()
export class Budget {
  @Field(() => BudgetLimits) limits!: BudgetLimits;
  @Field(() => BudgetUsage) usage!: BudgetUsage;
  @Field(() => String, { nullable: true, description: 'The limit that is used up.' }) exceeded!: string | null;
}

@ObjectType({ description: 'What a maintainer signs when raising a budget.' })
export class BudgetSubject {
  @Field() digest!: string;
  @Field({ description: 'The exact bytes whose SHA-256 is the digest.' }) text!: string;
  @Field(() => BudgetLimits) limits!: BudgetLimits;
}

@InputType({ description: 'All four must be given; null is no limit.' })
export class BudgetLimitsInput {
  @Field(() => SafeInt, { nullable: true }) tokens!: number | null;
  @Field(() => SafeInt, { nullable: true }) costMicros!: number | null;
  @Field(() => SafeInt, { nullable: true }) wallClockMs!: number | null;
  @Field(() => Int) attempts!: number;
}

@InputType({ description: 'What is left out keeps its value; null is no limit.' })
export class BudgetLimitsPatch {
  @Field(() => SafeInt, { nullable: true }) tokens?: number | null;
  @Field(() => SafeInt, { nullable: true }) costMicros?: number | null;
  @Field(() => SafeInt, { nullable: true }) wallClockMs?: number | null;
  @Field(() => Int, { nullable: true }) attempts?: number;
}
