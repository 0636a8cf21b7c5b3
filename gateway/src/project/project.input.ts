import type { GateSetting } from '@countersign/domain';
import { Field, InputType, Int } from '@nestjs/graphql';

import { CommandScopeEnum, GateSettingEnum } from '../graphql/enums.js';
import { SafeInt } from '../graphql/scalars.js';
import { BudgetLimitsPatch } from '../request/budget.type.js';

@InputType()
export class GateSettingsPatch {
  @Field(() => GateSettingEnum, { nullable: true }) spec?: GateSetting;
  @Field(() => GateSettingEnum, { nullable: true }) plan?: GateSetting;
  @Field(() => GateSettingEnum, { nullable: true }) diff?: GateSetting;
  @Field(() => GateSettingEnum, { nullable: true }) merge?: GateSetting;
}

@InputType()
export class EnvVariableInput {
  @Field() name!: string;
  @Field() value!: string;
}

@InputType({ description: 'What is left out keeps its value; null goes back to the next in line.' })
export class ModelChoicePatch {
  @Field(() => String, { nullable: true }) all?: string | null;
  @Field(() => String, { nullable: true }) spec?: string | null;
  @Field(() => String, { nullable: true }) plan?: string | null;
  @Field(() => String, { nullable: true }) execute?: string | null;
  @Field(() => String, { nullable: true }) review?: string | null;
  @Field(() => String, { nullable: true }) chat?: string | null;
}

@InputType()
export class EgressRuleInput {
  @Field() host!: string;
  @Field(() => Int, { nullable: true, description: 'Default 443.' }) port?: number;
  @Field(() => [String], { nullable: true, description: 'Default GET and HEAD.' }) methods?: ('GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS')[];
  @Field(() => Boolean, { nullable: true }) tunnel?: boolean;
  @Field(() => String, { nullable: true, description: "Name of a credential of the installation." }) credential?: string | null;
}

@InputType({ description: 'The rules of a phase as a whole; a phase left out keeps its own.' })
export class EgressSettingsPatch {
  @Field(() => [EgressRuleInput], { nullable: true }) setup?: EgressRuleInput[];
  @Field(() => [EgressRuleInput], { nullable: true }) execute?: EgressRuleInput[];
}

@InputType({ description: 'What is left out keeps its value, or its default for a new project.' })
export class ProjectSettingsPatch {
  @Field(() => GateSettingsPatch, { nullable: true }) gates?: GateSettingsPatch;
  @Field(() => Int, { nullable: true }) approvalsRequired?: number;
  @Field(() => Boolean, { nullable: true }) requesterMayApprove?: boolean;
  @Field(() => String, { nullable: true }) image?: string | null;
  @Field(() => String, { nullable: true }) setupCommand?: string | null;
  @Field(() => String, { nullable: true }) testCommand?: string | null;
  @Field(() => [EnvVariableInput], { nullable: true }) env?: EnvVariableInput[];
  @Field(() => String, { nullable: true }) rules?: string;
  @Field(() => CommandScopeEnum, { nullable: true }) commands?: 'plan' | 'any';
  @Field(() => BudgetLimitsPatch, { nullable: true }) limits?: BudgetLimitsPatch;
  @Field(() => Int, { nullable: true }) maxFixAttempts?: number;
  @Field(() => Int, { nullable: true }) maxDiffLines?: number;
  @Field(() => SafeInt, { nullable: true }) gateWindowMs?: number;
  @Field(() => SafeInt, { nullable: true }) reminderMs?: number;
  @Field(() => ModelChoicePatch, { nullable: true }) models?: ModelChoicePatch;
  @Field(() => Boolean, { nullable: true }) reviewBlocks?: boolean;
  @Field(() => EgressSettingsPatch, { nullable: true }) egress?: EgressSettingsPatch;
}

@InputType()
export class AddProjectInput {
  @Field() name!: string;
  @Field({ description: 'A path on this machine or a URL.' }) repo!: string;
  @Field(() => String, { nullable: true }) branch?: string;
  @Field(() => ProjectSettingsPatch, { nullable: true }) settings?: ProjectSettingsPatch;
  @Field(() => String, { nullable: true, description: 'Cedar text.' }) policy?: string | null;
}

@InputType()
export class SetProjectInput {
  @Field() name!: string;
  @Field(() => String, { nullable: true }) branch?: string;
  @Field(() => ProjectSettingsPatch, { nullable: true }) settings?: ProjectSettingsPatch;
  @Field(() => String, { nullable: true, description: 'Cedar text; null goes back to the default policy.' })
  policy?: string | null;
}
