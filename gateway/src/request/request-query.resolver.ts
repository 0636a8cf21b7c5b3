import { Args, ID, Query, Resolver } from '@nestjs/graphql';

import { Credential } from '../auth/caller.decorator.js';
import { RequirePermission } from '../auth/require-permission.decorator.js';
import { connectionOf } from '../graphql/connection.js';
import { given } from '../graphql/given.js';
import { PageArgs } from '../graphql/page.args.js';
import { Services } from '../services.js';
import { BudgetLimitsPatch, BudgetSubject } from './budget.type.js';
import { AuditConnection, Document, LogPiece, Subject } from './document.type.js';
import { RequestDetail } from './request-detail.type.js';
import { Inbox, RequestConnection } from './request-item.type.js';
import { DocumentArgs, LogArgs, RequestsArgs, SubjectArgs } from './request.input.js';

const id = { type: () => ID };

@Resolver()
export class RequestQueryResolver {
  constructor(private readonly services: Services) {}

  @Query(() => RequestConnection)
  @RequirePermission('request:read')
  requests(@Args() { first, after, ...filter }: RequestsArgs, @Credential() token: string): Promise<RequestConnection> {
    const page = { first, after: after ?? null };
    return connectionOf(page, (input) => this.services.requests.call('requests.list', { ...given(filter), ...input }, token));
  }

  @Query(() => RequestDetail)
  @RequirePermission('request:read')
  request(@Args('id', id) id: string, @Credential() token: string): Promise<RequestDetail> {
    return this.services.requests.call('requests.get', { id }, token);
  }

  @Query(() => Inbox)
  @RequirePermission('request:read')
  inbox(@Credential() token: string): Promise<Inbox> {
    return this.services.requests.call('requests.inbox', {}, token);
  }

  @Query(() => Document, { description: 'Without a revision the newest.' })
  @RequirePermission('request:read')
  document(@Args() args: DocumentArgs, @Credential() token: string): Promise<Document> {
    return this.services.requests.call('requests.document', given(args), token);
  }

  @Query(() => Subject, { description: 'Without a revision the newest.' })
  @RequirePermission('request:read')
  subject(@Args() args: SubjectArgs, @Credential() token: string): Promise<Subject> {
    return this.services.requests.call('requests.subject', given(args), token);
  }

  @Query(() => LogPiece)
  @RequirePermission('request:read')
  log(@Args() args: LogArgs, @Credential() token: string): Promise<LogPiece> {
    return this.services.requests.call('requests.log', given(args), token);
  }

  @Query(() => AuditConnection)
  @RequirePermission('audit:read')
  audit(@Args('id', id) id: string, @Args() page: PageArgs, @Credential() token: string): Promise<AuditConnection> {
    return connectionOf(page, (input) => this.services.requests.call('requests.audit', { id, ...input }, token));
  }

  @Query(() => BudgetSubject, { description: 'What `raiseBudget` would sign for these limits; changes nothing.' })
  @RequirePermission('request:budget')
  budgetSubject(
    @Args('id', id) id: string,
    @Args('limits') limits: BudgetLimitsPatch,
    @Credential() token: string,
  ): Promise<BudgetSubject> {
    return this.services.requests.call('requests.budgetSubject', { id, limits: { ...limits } }, token);
  }
}
