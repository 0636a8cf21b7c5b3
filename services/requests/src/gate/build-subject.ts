import { allowedPathsOf, AppError, diffSubject, type FactKind, type Facts, type Gate, mergeSubject, type Subject } from '@countersign/domain';
import { digestOf } from '@countersign/domain/digest';

import type { ProjectView } from '../people/projects.port.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { FactsUsed } from './facts-used.js';

export type SubjectSource = {
  readonly row: Pick<RequestEntity, 'id' | 'title' | 'body' | 'plannedLimits'>;
  readonly project: Pick<ProjectView, 'repo' | 'policyVersion'>;
  readonly facts: FactsUsed;
};

/** The document that a gate asks people to approve; built from stored facts only. */
export function buildSubject(gate: Gate, source: SubjectSource): Subject {
  switch (gate) {
    case 'spec':
      return specSubject(source);
    case 'plan':
      return planSubject(source);
    case 'diff': {
      const { baseCommit, headCommit, tree } = data(source.facts, 'execution');
      return diffSubject(source.row.id, { baseCommit, headCommit, tree, checksDigest: checksDigestOf(source.facts) });
    }
    case 'merge': {
      const { repository, targetRef, targetTip, head, mergedTree } = data(source.facts, 'mergePrep');
      const checksDigest = checksDigestOf(source.facts);
      return mergeSubject(source.row.id, { repository, targetRef, targetTip, head, mergedTree, checksDigest });
    }
  }
}

/** The formula that activities use as well: the data of both facts together. */
export function checksDigestOf(facts: FactsUsed): string {
  return digestOf({ checks: data(facts, 'checks'), measure: data(facts, 'measure') });
}

function specSubject({ row, facts }: SubjectSource): Subject {
  const { id, title, body } = row;
  return { v: 1, gate: 'spec', request: { id, title, body }, spec: data(facts, 'spec').spec };
}

function planSubject({ row, project, facts }: SubjectSource): Subject {
  const { plan, baseCommit } = data(facts, 'plan');
  return {
    v: 1,
    gate: 'plan',
    request: { id: row.id, title: row.title },
    spec: data(facts, 'spec').spec,
    plan,
    repository: project.repo,
    baseCommit,
    allowedPaths: allowedPathsOf(plan),
    budget: row.plannedLimits,
    policyVersion: project.policyVersion,
  };
}

function data<Kind extends FactKind>(facts: FactsUsed, kind: Kind): Facts[Kind] {
  const fact = facts[kind];
  if (!fact) throw new AppError('NOT_FOUND', `No ${kind} fact is at hand`);
  return fact.data as Facts[Kind];
}
