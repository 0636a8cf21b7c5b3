import type { requestsRpc, RpcOutput } from '@countersign/contracts';
import { AppError, GATES, rolesIn, type Viewer } from '@countersign/domain';
import { sha256Hex } from '@countersign/domain/digest';

import type { Records } from '../database/records-store.repository.js';
import type { DecisionEntity } from '../decision/decision.entity.js';
import type { LogPort } from '../log/log.port.js';
import type { ProjectsPort } from '../people/projects.port.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { LogPlace, LogPlaces } from '../signing/open-vote.js';

type Evidence = RpcOutput<typeof requestsRpc, 'activity.evidence'>;
type DecisionEvidence = Evidence['gates'][number]['decisions'][number];

export type EvidenceSources = {
  readonly records: Records;
  readonly projects: ProjectsPort;
  readonly log: LogPort;
  /** The newest list of keys, as published. */
  readonly keys: string;
};

/**
 * What an activity judges for itself before it does what cannot be undone: signed statements as stored, where they lie
 * in the log, and their actors and the policies as they are now.
 */
export async function evidence({ records, projects, log, keys }: EvidenceSources, row: RequestEntity): Promise<Evidence> {
  const [project, revisions, decisions, passed] = await Promise.all([
    projects.project(row.tenantId, row.projectId),
    records.gates.revisions(row.id),
    records.decisions.all(row.id),
    records.gates.livePassed(row.id),
  ]);
  if (!project) throw new AppError('NOT_FOUND', `The project of request ${row.id} is gone`);
  const voters = decisions.filter(({ actorKind }) => actorKind === 'person').map(({ actor }) => actor);
  const envelopes = [...decisions, ...passed].map(({ envelope }) => sha256Hex(envelope));
  const [found, places, logFault] = await Promise.all([
    projects.people(row.tenantId, [...new Set(voters)]),
    log.placesOf(row.tenantId, envelopes),
    log.faultOf(row.tenantId),
  ]);
  const people = new Map(found.map((person) => [person.personId, person]));
  return {
    requestId: row.id,
    requester: row.requesterId,
    requesterMayApprove: project.settings.requesterMayApprove,
    policyVersion: project.policyVersion,
    keys,
    logFault,
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
        decisions: votes.map((vote) => toEvidence(vote, people.get(vote.actor), row, places)),
        ...(closed && { passed: { envelope: closed.envelope, place: placeOf(closed.envelope, places) } }),
      };
    }),
  };
}

function placeOf(envelope: string, places: LogPlaces): LogPlace | null {
  const found = places.get(sha256Hex(envelope));
  return found ? { origin: found.origin, index: found.index } : null;
}

function toEvidence(vote: DecisionEntity, person: Viewer | undefined, row: RequestEntity, places: LogPlaces): DecisionEvidence {
  const { id, envelope, status, live, actorKind } = vote;
  const standing = { active: person?.active ?? false, roles: person ? [...rolesIn(person.grants, row.projectId)] : [] };
  return { id, envelope, place: placeOf(envelope, places), live: live && status === 'counted', standing: actorKind === 'person' ? standing : null };
}
