import type { requestsRpc, RpcInput, RpcOutput } from '@countersign/contracts';
import type { State } from '@countersign/domain';
import type { Caller } from '@countersign/platform';

import type { RecordsStore } from '../database/records-store.repository.js';
import type { AccessService } from '../people/access.service.js';
import type { ProjectsPort } from '../people/projects.port.js';
import type { RequestEventEntity } from '../request/request-event.entity.js';
import { toItem } from '../request/request.mapper.js';
import { decodePlace, encodePlace, type Place } from './change-cursor.js';
import { KnownNames } from './known-names.js';
import type { Feed, LiveHub } from './live-hub.js';

type Changes = RpcOutput<typeof requestsRpc, 'live.changes'>;
type ChangeEvent = NonNullable<Changes>['events'][number];

const MAX_EVENTS = 100;

export type LiveServiceDeps = {
  readonly store: RecordsStore;
  readonly access: AccessService;
  readonly projects: ProjectsPort;
  readonly hub: LiveHub;
};

/** What is new. Hints go to the gateway; what they are about, a person reads as themselves. */
export class LiveService {
  private readonly names: KnownNames;

  constructor(private readonly deps: LiveServiceDeps) {
    this.names = new KnownNames(deps.projects);
  }

  feed({ after, waitMs }: RpcInput<typeof requestsRpc, 'live.feed'>): Promise<Feed> {
    return this.deps.hub.feed(after, waitMs);
  }

  async logAppended(requestId: string): Promise<Record<string, never>> {
    await this.deps.store.read.live.announceLog(requestId);
    return {};
  }

  async changes(caller: Caller, { id, after }: RpcInput<typeof requestsRpc, 'live.changes'>): Promise<Changes> {
    const { store, access } = this.deps;
    const place = after === null ? undefined : decodePlace(after);
    // Side by side, as this is what makes an event late: whichever of row and events is the older, the commit between
    // the two reads has a hint of its own, and that leads to another read.
    const [{ viewer }, found, read] = await Promise.all([access.visitor(caller), this.eventsAfter(id, place), store.read.requests.find(id)]);
    const row = access.requireReadable(viewer, id, read);
    if (place && found.events.length === 0 && row.version === place.version) return null;
    const [needing, nameOf] = await Promise.all([
      // Without an open gate there is nothing to decide.
      row.openGate === null ? new Set<string>() : store.read.lists.needingViewer(access.scopeOf(viewer), [row.id]),
      this.names.of(row.tenantId, [row.requesterId, ...found.events.flatMap(({ actor }) => actor ?? [])]),
    ]);
    return {
      cursor: encodePlace({ version: row.version, event: found.last }),
      request: toItem(row, nameOf, needing.has(row.id)),
      gate: row.openGate,
      events: withStates(found.events).map((event) => ({ ...event, actor: event.actor === null ? null : nameOf(event.actor) })),
      hasMore: found.hasMore,
    };
  }

  private async eventsAfter(requestId: string, place: Place | undefined) {
    const { live } = this.deps.store.read;
    if (!place) return { events: [], last: await live.lastEvent(requestId), hasMore: false };
    const rows = await live.eventsAfter(requestId, place.event, MAX_EVENTS);
    const events = rows.slice(0, MAX_EVENTS);
    return { events, last: events.at(-1)?.seq ?? place.event, hasMore: rows.length > events.length };
  }
}

/** Each event with the state that the moves up to it led to. */
function withStates(rows: readonly RequestEventEntity[]): ChangeEvent[] {
  let state: State | null = null;
  return rows.map(({ seq, at, type, actor, text, data }) => {
    if (type === 'transition') state = data['to'] as State;
    return { seq, at: at.toISOString(), type, actor, text, state };
  });
}
