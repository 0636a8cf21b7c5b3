import { Args, ID, Mutation, Resolver } from '@nestjs/graphql';

import { Credential } from '../auth/caller.decorator.js';
import { RequirePermission } from '../auth/require-permission.decorator.js';
import { IdempotencyKey } from '../idempotency/idempotency-key.decorator.js';
import { Services } from '../services.js';
import { DecideResult, RepairResult, WordResult } from './answer.type.js';
import { RequestItem } from './request-item.type.js';
import { CommentInput, CreateRequestInput, DecideInput, RaiseBudgetInput, RequestReasonInput } from './request.input.js';

const NO_BUDGET = { limits: null, digest: null };

@Resolver()
export class RequestMutationResolver {
  constructor(private readonly services: Services) {}

  @Mutation(() => RequestItem)
  @RequirePermission('request:create')
  createRequest(@Args('input') input: CreateRequestInput, @Credential() token: string, @IdempotencyKey() key: string | undefined): Promise<RequestItem> {
    return this.services.requests.call('requests.create', { ...input, key }, token);
  }

  @Mutation(() => DecideResult)
  // Who may vote here is the service's to say: it enters in the record who tried and might not.
  @RequirePermission('request:read')
  decide(@Args('input') input: DecideInput, @Credential() token: string): Promise<DecideResult> {
    return this.services.requests.call('requests.decide', { ...input, reason: input.reason ?? null }, token);
  }

  @Mutation(() => WordResult)
  @RequirePermission('request:comment')
  comment(@Args('input') { id, text }: CommentInput, @Credential() token: string, @IdempotencyKey() key: string | undefined): Promise<WordResult> {
    return this.services.requests.call('requests.word', { id, kind: 'comment', text, ...NO_BUDGET, key }, token);
  }

  @Mutation(() => WordResult)
  @RequirePermission('request:cancel', { orOwnRequest: true })
  cancelRequest(@Args('input') { id, reason }: RequestReasonInput, @Credential() token: string, @IdempotencyKey() key: string | undefined): Promise<WordResult> {
    return this.services.requests.call('requests.word', { id, kind: 'cancel', text: reason ?? null, ...NO_BUDGET, key }, token);
  }

  @Mutation(() => WordResult)
  @RequirePermission('request:pause', { orOwnRequest: true })
  pauseRequest(@Args('input') { id, reason }: RequestReasonInput, @Credential() token: string, @IdempotencyKey() key: string | undefined): Promise<WordResult> {
    return this.services.requests.call('requests.word', { id, kind: 'pause', text: reason ?? null, ...NO_BUDGET, key }, token);
  }

  @Mutation(() => WordResult)
  @RequirePermission('request:pause', { orOwnRequest: true })
  resumeRequest(@Args('input') { id, reason }: RequestReasonInput, @Credential() token: string, @IdempotencyKey() key: string | undefined): Promise<WordResult> {
    return this.services.requests.call('requests.word', { id, kind: 'resume', text: reason ?? null, ...NO_BUDGET, key }, token);
  }

  @Mutation(() => WordResult)
  @RequirePermission('request:budget')
  raiseBudget(@Args('input') { id, limits, digest }: RaiseBudgetInput, @Credential() token: string, @IdempotencyKey() key: string | undefined): Promise<WordResult> {
    const word = { id, kind: 'raiseBudget' as const, text: null, limits: { ...limits }, digest, key };
    return this.services.requests.call('requests.word', word, token);
  }

  @Mutation(() => RepairResult)
  @RequirePermission('request:repair')
  repairRequest(@Args('id', { type: () => ID }) id: string, @Credential() token: string): Promise<RepairResult> {
    return this.services.requests.call('requests.repair', { id }, token);
  }
}
