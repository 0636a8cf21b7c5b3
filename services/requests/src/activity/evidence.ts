import type { requestsRpc, RpcOutput } from '@countersign/contracts';
import { AppError, GATES, rolesIn, type Viewer } from '@countersign/domain';

import type { Records } from '../database/records-store.repository.js';
import type { DecisionEntity } from '../decision/decision.entity.js';
import { envelopeFault } from '../gate/verify-votes.js';
import type { ProjectsPort } from '../people/projects.port.js';
import type { RequestEntity } from '../request/request.entity.js';

type Evidence = RpcOutput<typeof requestsRpc, 'activity.evidence'>;
type DecisionEvidence = Evidence['gates'][number]['decisions'][number];

/** What `checkEffect` judges: decisions as stored, their actors and the policies as they are now. */
export async function evidence(records: Records, projects: ProjectsPort, row: RequestEntity): Promise<Evidence> {
  const [project, revisions, decisions, passed] = await Promise.all([
    projects.project(row.tenantId, row.projectId),
    records.gates.revisions(row.id),
    records.decisions.all(row.id),
    records.gates.livePassed(row.id),
  ]);
  if (!project) throw new AppError('NOT_FOUND', `The project of request ${row.id} is gone`);
  const voters = decisions.filter(({ actorKind }) => actorKind === 'person').map(({ actor }) => actor);
  const people = new Map((await projects.people(row.tenantId, [...new Set(voters)])).map((person) => [person.personId, person]));
  return {
    requestId: row.id,
    requester: row.requesterId,
    requesterMayApprove: project.settings.requesterMayApprove,
    policyVersion: project.policyVersion,
    gates: GATES.flatMap((gate) => {
      const current = revisions.find((revision) => revision.gate === gate);
      if (!current) return [];
      const { revision, digest, setting } = current;
      const votes = decisions.filter((vote) => vote.gate === gate && vote.revision === revision);
      const closed = passed.findLast((fact) => fact.gate === gate);
      return {
        gate,
        setting,
        revision,
        digest,
        required: project.settings.approvalsRequired,
        decisions: votes.map((vote) => toEvidence(vote, people.get(vote.actor), row)),
        ...(closed && { passed: { gate, revision: closed.revision, digest: closed.digest } }),
      };
    }),
  };
}

function toEvidence(vote: DecisionEntity, person: Viewer | undefined, row: RequestEntity): DecisionEvidence {
  const { id, verdict, revision, digest, policyVersion, gate } = vote;
  const isPerson = vote.actorKind === 'person';
  // Bytes that are not what was signed for count for nothing.
  const isGenuine = !isPerson || envelopeFault(vote, { requestId: row.id, gate, revision, digest }) === undefined;
  const actor: DecisionEvidence['actor'] =
    vote.actorKind === 'person'
      ? { kind: 'person', id: vote.actor, active: person?.active ?? false, roles: person ? [...rolesIn(person.grants, row.projectId)] : [] }
      : { kind: vote.actorKind };
  return { id, verdict, revision, digest, live: vote.live && vote.status === 'counted' && isGenuine, policyVersion, actor };
}
