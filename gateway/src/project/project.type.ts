import type { GateSetting } from '@countersign/domain';
import { Field, ID, Int, ObjectType } from '@nestjs/graphql';

import { PageInfo } from '../graphql/connection.type.js';
import { CommandScopeEnum, GateSettingEnum, ImportStateEnum } from '../graphql/enums.js';
import { SafeInt, Timestamp } from '../graphql/scalars.js';
import { BudgetLimits } from '../request/budget.type.js';

@ObjectType()
export class GateSettings {
  @Field(() => GateSettingEnum) spec!: GateSetting;
  @Field(() => GateSettingEnum) plan!: GateSetting;
  @Field(() => GateSettingEnum) diff!: GateSetting;
  @Field(() => GateSettingEnum) merge!: GateSetting;
}

@ObjectType()
export class EnvVariable {
  @Field() name!: string;
  @Field() value!: string;
}

@ObjectType({ description: '`offline` or `provider:model`; null takes the next in line: `all`, then the installation.' })
export class ModelChoice {
  @Field(() => String, { nullable: true }) all!: string | null;
  @Field(() => String, { nullable: true }) spec!: string | null;
  @Field(() => String, { nullable: true }) plan!: string | null;
  @Field(() => String, { nullable: true }) execute!: string | null;
  @Field(() => String, { nullable: true }) review!: string | null;
  @Field(() => String, { nullable: true }) chat!: string | null;
}

@ObjectType({ description: 'What one host may be asked; a tunnel is passed through without being read.' })
export class EgressRule {
  @Field() host!: string;
  @Field(() => Int) port!: number;
  @Field(() => [String]) methods!: string[];
  @Field() tunnel!: boolean;
  @Field(() => String, { nullable: true }) credential!: string | null;
}

@ObjectType()
export class EgressSettings {
  @Field(() => [EgressRule]) setup!: EgressRule[];
  @Field(() => [EgressRule]) execute!: EgressRule[];
}

@ObjectType()
export class ProjectSettings {
  @Field(() => GateSettings) gates!: GateSettings;
  @Field(() => Int) approvalsRequired!: number;
  @Field() requesterMayApprove!: boolean;
  @Field(() => String, { nullable: true }) image!: string | null;
  @Field(() => String, { nullable: true }) setupCommand!: string | null;
  @Field(() => String, { nullable: true }) testCommand!: string | null;
  @Field(() => [EnvVariable]) env!: EnvVariable[];
  @Field() rules!: string;
  @Field(() => CommandScopeEnum) commands!: 'plan' | 'any';
  @Field(() => BudgetLimits) limits!: BudgetLimits;
  @Field(() => Int) maxFixAttempts!: number;
  @Field(() => Int) maxDiffLines!: number;
  @Field(() => SafeInt) gateWindowMs!: number;
  @Field(() => SafeInt) reminderMs!: number;
  @Field(() => ModelChoice) models!: ModelChoice;
  @Field() reviewBlocks!: boolean;
  @Field(() => EgressSettings) egress!: EgressSettings;
}

@ObjectType()
export class ProjectImport {
  @Field(() => ImportStateEnum) state!: 'importing' | 'ready' | 'failed';
  @Field() progress!: string;
  @Field(() => String, { nullable: true }) code!: string | null;
  @Field(() => String, { nullable: true }) message!: string | null;
}

@ObjectType()
export class Project {
  @Field(() => ID) id!: string;
  @Field() name!: string;
  @Field() repo!: string;
  @Field({ description: 'Path of the bare copy: the place of record.' }) bare!: string;
  @Field() branch!: string;
  @Field(() => ProjectSettings) settings!: ProjectSettings;
  @Field(() => Int) settingsVersion!: number;
  @Field() policyVersion!: string;
  @Field() policyText!: string;
  @Field(() => ProjectImport) import!: ProjectImport;
  @Field(() => [String]) bringHome!: string[];
  @Field(() => Timestamp) createdAt!: string;
}

@ObjectType()
export class ProjectEdge {
  @Field(() => Project) node!: Project;
  @Field() cursor!: string;
}

@ObjectType()
export class ProjectConnection {
  @Field(() => [ProjectEdge]) edges!: ProjectEdge[];
  @Field(() => PageInfo) pageInfo!: PageInfo;
  @Field(() => Int) totalCount!: number;
}
