import { ArgsType, Field, Int } from '@nestjs/graphql';

@ArgsType()
export class PageArgs {
  @Field(() => Int, { defaultValue: 20, description: '1 to 100.' }) first!: number;
  @Field(() => String, { nullable: true }) after?: string | null;
}
