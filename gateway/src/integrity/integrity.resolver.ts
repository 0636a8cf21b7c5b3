import type { requestsRpc, RpcInput, RpcOutput } from '@countersign/contracts';
import { AppError } from '@countersign/domain';
import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';

import { Credential } from '../auth/caller.decorator.js';
import { RequirePermission } from '../auth/require-permission.decorator.js';
import { KeyPurposeEnum, RevocationReasonEnum } from '../graphql/enums.js';
import { Services } from '../services.js';
import { GoodSizeInput, KeysChange, LogStatus, RecoveredLog, SigningKeys } from './integrity.type.js';

type Purpose = RpcInput<typeof requestsRpc, 'keys.rotate'>['purpose'];
type Reason = RpcInput<typeof requestsRpc, 'keys.revoke'>['reason'];

function toChange(answer: RpcOutput<typeof requestsRpc, 'keys.rotate'>): KeysChange {
  return { envelope: null, document: null, ...answer };
}

/** One log named twice would be given one of its two sizes, and nobody said which. */
function goodOf(sizes: readonly GoodSizeInput[]): Record<string, number> {
  const good = new Map(sizes.map(({ origin, size }) => [origin, size]));
  if (good.size < sizes.length) throw new AppError('INVALID_INPUT', 'names a log twice', { field: 'good' });
  return Object.fromEntries(good);
}

@Resolver()
export class IntegrityResolver {
  constructor(private readonly services: Services) {}

  @Query(() => SigningKeys)
  @RequirePermission('self:read')
  signingKeys(@Credential() token: string): Promise<SigningKeys> {
    return this.services.requests.call('keys.list', {}, token);
  }

  @Query(() => LogStatus)
  @RequirePermission('audit:read')
  logStatus(@Credential() token: string): Promise<LogStatus> {
    return this.services.requests.call('log.status', {}, token);
  }

  @Mutation(() => KeysChange, { description: 'A new key; the old one signs nothing more, and what it signed stays good.' })
  @RequirePermission('keys:manage')
  async rotateKey(@Args('purpose', { type: () => KeyPurposeEnum }) purpose: Purpose, @Credential() token: string): Promise<KeysChange> {
    return toChange(await this.services.requests.call('keys.rotate', { purpose }, token));
  }

  @Mutation(() => KeysChange, { description: 'compromised: what the key signed counts only within `good`; a log that is not named there has size 0.' })
  @RequirePermission('keys:manage')
  async revokeKey(
    @Args('id', { type: () => ID }) id: string,
    @Args('reason', { type: () => RevocationReasonEnum }) reason: Reason,
    @Args('good', { type: () => [GoodSizeInput], nullable: true }) good: GoodSizeInput[] | null,
    @Credential() token: string,
  ): Promise<KeysChange> {
    return toChange(await this.services.requests.call('keys.revoke', { id, reason, good: goodOf(good ?? []) }, token));
  }

  @Mutation(() => KeysChange, { description: 'Brings back a list that the root key signed where it is kept.' })
  @RequirePermission('keys:manage')
  async publishKeys(@Args('envelope') envelope: string, @Credential() token: string): Promise<KeysChange> {
    return toChange(await this.services.requests.call('keys.publish', { envelope }, token));
  }

  @Mutation(() => RecoveredLog, { description: 'Closes a broken log and opens the next one.' })
  @RequirePermission('log:manage')
  recoverLog(@Credential() token: string): Promise<RecoveredLog> {
    return this.services.requests.call('log.recover', {}, token);
  }
}
