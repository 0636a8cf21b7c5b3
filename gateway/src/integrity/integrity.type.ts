import type { requestsRpc, RpcOutput } from '@countersign/contracts';
import { Field, InputType, Int, ObjectType } from '@nestjs/graphql';

import { KeysOutcomeEnum } from '../graphql/enums.js';
import { SafeInt, Timestamp } from '../graphql/scalars.js';

@ObjectType()
export class SigningKeys {
  @Field({ description: 'The newest list of keys: a DSSE envelope by the root key, exactly as it is stored.' }) envelope!: string;
  @Field({ description: 'SHA-256 of the raw root key, to compare with the one that you were given.' }) rootFingerprint!: string;
}

@ObjectType({ description: 'published: in force; toSign: the root key is kept elsewhere, nothing has changed until `publishKeys`.' })
export class KeysChange {
  @Field(() => KeysOutcomeEnum) outcome!: RpcOutput<typeof requestsRpc, 'keys.rotate'>['outcome'];
  @Field(() => Int, { description: 'Of the list.' }) number!: number;
  @Field(() => String, { nullable: true, description: 'The published list.' }) envelope!: string | null;
  @Field(() => String, { nullable: true, description: 'Base64 of the bytes that the root key has to sign.' }) document!: string | null;
}

@InputType({ description: "How far a log was signed by us alone: its origin and the size of a checkpoint that was kept elsewhere." })
export class GoodSizeInput {
  @Field() origin!: string;
  @Field(() => SafeInt) size!: number;
}

@ObjectType()
export class LogFault {
  @Field(() => SafeInt, { nullable: true, description: 'The entry; null where it is the log as a whole.' }) index!: number | null;
  @Field() code!: string;
  @Field() text!: string;
  @Field(() => Timestamp) at!: string;
}

@ObjectType({ description: "The tenant's transparency log." })
export class LogStatus {
  @Field(() => String, { nullable: true, description: 'Null before the first entry.' }) origin!: string | null;
  @Field(() => SafeInt) size!: number;
  @Field(() => Timestamp, { nullable: true, description: 'Of the last checkpoint.' }) at!: string | null;
  @Field(() => String, { nullable: true, description: 'The last checkpoint: a C2SP signed note. Keep one elsewhere.' }) checkpoint!: string | null;
  @Field(() => LogFault, { nullable: true, description: 'What is wrong with it; null where nothing is.' }) broken!: LogFault | null;
}

@ObjectType()
export class RecoveredLog {
  @Field({ description: 'Of the log that was opened.' }) origin!: string;
  @Field(() => SafeInt, { description: 'Entries that were lost, and are void.' }) lost!: number;
  @Field(() => SafeInt, { description: 'Entries of the closed log that were intact and entered again.' }) entered!: number;
}
