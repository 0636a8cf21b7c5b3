import { AppError, type Viewer } from '@countersign/domain';
import { Args, ID, Resolver, Subscription } from '@nestjs/graphql';

import { Credential, CurrentViewer } from '../auth/caller.decorator.js';
import { maySomewhere } from '../auth/permission.guard.js';
import { RequirePermission } from '../auth/require-permission.decorator.js';
import { SafeInt } from '../graphql/scalars.js';
import { Services } from '../services.js';
import { InboxCounts, LogChunk, RequestChange } from './live.type.js';
import { LiveFeed } from './live-feed.js';
import { type LiveEvent, liveStream, valueOf } from './live-stream.js';

const LOG_BYTES = 100_000;
const LOOK_EVERY_MS = 15_000;
/** A log and an inbox may change many times a second; ten looks are enough. */
const REST_MS = 100;

const id = { type: () => ID };
const after = { type: () => String, nullable: true };
const resolve = valueOf;

type Events<Value> = AsyncGenerator<LiveEvent<Value>, void, void>;

/** Each starts with the state as it is, or behind `after`. Every event is read as the person, with the rights of that moment. */
@Resolver()
export class LiveResolver {
  constructor(
    private readonly services: Services,
    private readonly feed: LiveFeed,
  ) {}

  @Subscription(() => RequestChange, { resolve })
  @RequirePermission('request:read')
  requestChanged(@Args('id', id) id: string, @Args('after', after) after: string | null, @Credential() token: string): Events<RequestChange> {
    let place = after ?? null;
    return liveStream({
      feed: this.feed,
      matches: (hint) => hint.requestId === id && hint.kind === 'request',
      restMs: 0,
      lookEveryMs: LOOK_EVERY_MS,
      read: async () => {
        const found = await this.services.requests.call('live.changes', { id, after: place }, token);
        if (!found) return undefined;
        place = found.cursor;
        return { value: found, hasMore: found.hasMore };
      },
    });
  }

  @Subscription(() => LogChunk, { resolve, description: 'Ends with the log.' })
  @RequirePermission('request:read')
  logAppended(
    @Args('id', id) id: string,
    @Args('after', { type: () => SafeInt, nullable: true }) after: number | null,
    @Credential() token: string,
  ): Events<LogChunk> {
    let offset = after ?? 0;
    let isFirst = true;
    return liveStream({
      feed: this.feed,
      matches: (hint) => hint.requestId === id,
      restMs: REST_MS,
      lookEveryMs: LOOK_EVERY_MS,
      read: async () => {
        const piece = await this.services.requests.call('requests.log', { id, after: offset, limit: LOG_BYTES }, token);
        if (piece.text === '' && !piece.ended && !isFirst) return undefined;
        isFirst = false;
        const value = { offset, ...piece };
        offset = piece.next;
        return { value, hasMore: piece.text !== '', isLast: piece.ended };
      },
    });
  }

  @Subscription(() => InboxCounts, { resolve })
  @RequirePermission('request:read')
  inboxChanged(@Args('after', after) after: string | null, @Credential() token: string, @CurrentViewer() viewer: Viewer): Events<InboxCounts> {
    let shown = after ?? null;
    return liveStream({
      feed: this.feed,
      matches: (hint) => hint.tenantId === viewer.tenantId && hint.kind === 'request',
      restMs: REST_MS,
      lookEveryMs: LOOK_EVERY_MS,
      read: async () => {
        const [now, counts] = await Promise.all([
          this.services.projects.call('people.me', {}, token),
          this.services.requests.call('requests.inbox', {}, token),
        ]);
        // Without a role there is nothing to count, which would look like an empty inbox.
        if (!maySomewhere(now, 'request:read')) throw new AppError('FORBIDDEN', 'None of your roles allows request:read');
        const cursor = [counts.needsMe, counts.waiting, counts.running, counts.done].join('.');
        if (cursor === shown) return undefined;
        shown = cursor;
        return { value: { ...counts, cursor } };
      },
    });
  }
}
