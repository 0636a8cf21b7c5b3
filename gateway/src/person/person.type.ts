import type { Role } from '@countersign/domain';
import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';

import { PageInfo } from '../graphql/connection.type.js';
import { RoleEnum } from '../graphql/enums.js';

@ObjectType()
export class Grant {
  @Field(() => RoleEnum) role!: Role;
  @Field({ description: '`*` is every project.' }) project!: string;
}

@ObjectType()
export class Viewer {
  @Field(() => ID) id!: string;
  @Field() name!: string;
  @Field(() => ID) tenant!: string;
  @Field() issuer!: string;
  @Field() subject!: string;
  @Field() active!: boolean;
  @Field(() => [Grant]) grants!: Grant[];
  @Field(() => [RoleEnum], { description: 'Roles held anywhere.' }) roles!: Role[];
  @Field(() => [String], { description: 'What the roles allow somewhere, like `request:decide`.' }) permissions!: string[];
}

@ObjectType()
export class Person {
  @Field(() => ID) id!: string;
  @Field() name!: string;
  @Field() subject!: string;
  @Field() active!: boolean;
  @Field(() => [Grant], { description: "With projects' names." }) grants!: Grant[];
}

@ObjectType()
export class PersonEdge {
  @Field(() => Person) node!: Person;
  @Field() cursor!: string;
}

@ObjectType()
export class PersonConnection {
  @Field(() => [PersonEdge]) edges!: PersonEdge[];
  @Field(() => PageInfo) pageInfo!: PageInfo;
  @Field(() => Int) totalCount!: number;
}

@ObjectType({ description: 'What an erasure removed now; nothing where all of it was gone already.' })
export class Erasure {
  @Field(() => ID) person!: string;
  @Field(() => Int, { description: 'What entries of the audit trail stood for. The entries stay, and the log verifies.' }) payloads!: number;
  @Field(() => Int, { description: 'Places outside the audit trail that repeated what they said or who they are.' }) texts!: number;
  @Field(() => [String], { description: 'What an erasure does not reach, one sentence for each kind.' }) notErased!: string[];
}

@InputType({ description: 'A person by id or sign-in name.' })
export class PersonInput {
  @Field() person!: string;
}

@InputType()
export class RoleInput {
  @Field() person!: string;
  @Field(() => RoleEnum) role!: Role;
  @Field(() => String, { nullable: true, description: 'Null is every project.' }) project?: string | null;
}
