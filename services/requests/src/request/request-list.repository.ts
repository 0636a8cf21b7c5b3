import type { State } from '@countersign/domain';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';

import { RequestEntity } from './request.entity.js';

/** `null` is every project of the tenant. */
export type Projects = readonly string[] | null;
export type Box = 'needsMe' | 'waiting' | 'running' | 'done';
export type ListScope = {
  readonly tenantId: string;
  readonly viewerId: string;
  readonly visible: Projects;
  /** Projects in which the viewer's vote counts. */
  readonly votes: Projects;
};
export type ListFilter = { readonly state?: State; readonly project?: string; readonly box?: Box };
export type Cursor = { readonly at: Date; readonly id: string };

/** A count stops here, so that a list costs the same however many requests there are. */
export const COUNT_CAP = 1000;

const NEEDS_ME = `r.open_gate IS NOT NULL AND r.phase = 'review'
  AND (r.requester_id <> :viewerId OR r.requester_may_approve)
  AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.tenant_id = r.tenant_id AND d.request_id = r.id AND d.gate = r.open_gate
    AND d.revision = r.open_revision AND d.actor = :viewerId AND d.live)`;

export class RequestListRepository {
  constructor(private readonly manager: EntityManager) {}

  /** Newest first, one more than `limit` where there is a next page. */
  page(scope: ListScope, filter: ListFilter, limit: number, after?: Cursor): Promise<RequestEntity[]> {
    const query = this.filtered(scope, filter).orderBy('r.created_at', 'DESC').addOrderBy('r.id', 'DESC').limit(limit + 1);
    if (after) query.andWhere('(r.created_at, r.id) < (:at, :id)', after);
    return query.getMany();
  }

  async count(scope: ListScope, filter: ListFilter): Promise<number> {
    const [text, parameters] = this.filtered(scope, filter).select('1', 'one').limit(COUNT_CAP).getQueryAndParameters();
    const rows = await this.manager.query<{ count: number }[]>(`SELECT count(*)::int AS count FROM (${text}) capped`, parameters);
    return rows[0]?.count ?? 0;
  }

  /** Which of these rows the viewer may decide now. */
  async needingViewer(scope: ListScope, ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const query = this.filtered(scope, { box: 'needsMe' }).andWhere('r.id IN (:...ids)', { ids });
    return new Set((await query.getMany()).map(({ id }) => id));
  }

  private filtered(scope: ListScope, filter: ListFilter): SelectQueryBuilder<RequestEntity> {
    const { tenantId, viewerId, visible, votes } = scope;
    const query = this.manager
      .createQueryBuilder(RequestEntity, 'r')
      .where('r.tenant_id = :tenantId', { tenantId, viewerId });
    within(query, 'visible', visible);
    if (filter.state) query.andWhere('r.state = :state', { state: filter.state });
    if (filter.project) query.andWhere('(r.project_name = :project OR r.project_id = :project)', { project: filter.project });
    if (filter.box === 'running' || filter.box === 'done') query.andWhere('r.phase = :phase', { phase: filter.box });
    if (filter.box === 'needsMe') within(query.andWhere(NEEDS_ME), 'votes', votes);
    if (filter.box === 'waiting') {
      const inVotes = votes === null ? 'TRUE' : votes.length === 0 ? 'FALSE' : 'r.project_id IN (:...votes)';
      query.andWhere(`r.phase IN ('review', 'paused') AND NOT (${NEEDS_ME} AND ${inVotes})`, { votes });
    }
    return query;
  }
}

function within(query: SelectQueryBuilder<RequestEntity>, name: string, projects: Projects): void {
  if (projects === null) return;
  if (projects.length === 0) query.andWhere('FALSE');
  else query.andWhere(`r.project_id IN (:...${name})`, { [name]: projects });
}
