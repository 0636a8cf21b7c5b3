import type { EgressPhase } from '@countersign/domain';
import { Field, Int, ObjectType } from '@nestjs/graphql';

import { EgressPhaseEnum } from '../graphql/enums.js';
import { Timestamp } from '../graphql/scalars.js';
import { ArtifactRef } from './document.type.js';

@ObjectType({ description: 'What one run of a sandbox asked of the network, through the egress broker.' })
export class NetworkRun {
  @Field(() => EgressPhaseEnum) phase!: EgressPhase;
  @Field(() => Timestamp) at!: string;
  @Field(() => Int) allowed!: number;
  @Field(() => Int) refused!: number;
  @Field(() => [String], { description: '`host:port` of connections that were passed through without being inspected.' }) tunnels!: string[];
  @Field(() => [String], { description: '`host:port` of what was refused, the first hundred.' }) refusedHosts!: string[];
  @Field(() => ArtifactRef, { description: 'Every request as a JSON line.' }) log!: ArtifactRef;
}
