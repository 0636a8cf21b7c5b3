import type { requestsRpc, RpcOutput } from '@countersign/contracts';
import { AppError, type Gate, GATES } from '@countersign/domain';

import type { Records } from '../database/records-store.repository.js';
import type { DecisionEntity } from '../decision/decision.entity.js';
import type { GatePassedEntity } from '../gate/gate-passed.entity.js';
import type { GateRevisionEntity } from '../gate/gate-revision.entity.js';
import type { ProjectsPort } from '../people/projects.port.js';
import type { RequestEntity } from '../request/request.entity.js';

type Briefing = RpcOutput<typeof requestsRpc, 'activity.briefing'>;

/** What an activity needs to know, read at the moment of the call. */
export async function briefing(records: Records, projects: ProjectsPort, row: RequestEntity): Promise<Briefing> {
  const [project, revisions, decisions, passed] = await Promise.all([
    projects.project(row.tenantId, row.projectId),
    records.gates.revisions(row.id),
    records.decisions.all(row.id),
    records.gates.livePassed(row.id),
  ]);
  if (!project) throw new AppError('NOT_FOUND', `The project of request ${row.id} is gone`);
  const current = GATES.flatMap((gate) => revisions.find((revision) => revision.gate === gate) ?? []);
  const approvers = ['plan', 'merge'].flatMap((gate) => approvalsOf(gate as Gate, current, decisions));
  const people = await projects.people(row.tenantId, [...new Set([row.requesterId, ...approvers.map(({ actor }) => actor)])]);
  const nameOf = (id: string): string => people.find(({ personId }) => personId === id)?.name ?? id;
  const { id, name, repo, bare, branch, settings } = project;
  return {
    request: {
      id: row.id,
      tenantId: row.tenantId,
      title: row.title,
      body: row.body,
      requester: nameOf(row.requesterId),
      state: row.state,
      createdAt: row.createdAt.toISOString(),
    },
    project: { id, name, repo, bare, branch, settings },
    limits: row.limits,
    usage: row.usage,
    subjects: current.map(({ gate, revision, digest, text }) => ({ gate, revision, digest, text })),
    approvedBy: [...new Set(approvers.map(({ actor }) => nameOf(actor)))],
    mergeVote: mergeVoteOf(passed, decisions, nameOf),
  };
}

function approvalsOf(gate: Gate, current: readonly GateRevisionEntity[], decisions: readonly DecisionEntity[]): readonly DecisionEntity[] {
  const revision = current.find((candidate) => candidate.gate === gate)?.revision;
  return decisions.filter(
    (vote) => vote.gate === gate && vote.revision === revision && vote.live && vote.status === 'counted' && vote.actorKind === 'person' && vote.verdict === 'approve',
  );
}

/** Fixed once the gate has closed, so that a retried merge makes the same commit. */
function mergeVoteOf(passed: readonly GatePassedEntity[], decisions: readonly DecisionEntity[], nameOf: (id: string) => string): Briefing['mergeVote'] {
  const closing = passed.findLast(({ gate }) => gate === 'merge');
  const vote = decisions.find(({ id }) => id === closing?.closedBy);
  if (!vote) return null;
  return { name: vote.actorKind === 'person' ? nameOf(vote.actor) : vote.actor, at: vote.at.toISOString() };
}
