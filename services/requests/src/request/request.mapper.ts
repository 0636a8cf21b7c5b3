import type { requestDetail, requestItem } from '@countersign/contracts';
import { type Facts, type FactKind, type Finding, isTerminal, may, type State, type Viewer, type WordKind } from '@countersign/domain';
import type { z } from 'zod';

import type { AnswerEntity } from '../answer/answer.entity.js';
import { commentViews } from '../answer/thread.js';
import type { DecisionEntity } from '../decision/decision.entity.js';
import type { FactEntity } from '../fact/fact.entity.js';
import type { GateRevisionEntity } from '../gate/gate-revision.entity.js';
import { wordRefusal, wordTooLate } from '../lifecycle/apply-word.js';
import type { ProjectView } from '../people/projects.port.js';
import type { WordEntity } from '../word/word.entity.js';
import { gateViews, type Names } from './gate-view.js';
import { networkRuns } from './network-runs.js';
import type { RequestEventEntity } from './request-event.entity.js';
import type { RequestEntity } from './request.entity.js';
import { stagesOf } from './stages.js';

export type RequestItem = z.output<typeof requestItem>;
export type RequestDetail = z.output<typeof requestDetail>;

/** As many as the page shows; the audit trail has them all. */
const MAX_EVENTS = 200;

export function toItem(row: RequestEntity, nameOf: Names, needsMe: boolean): RequestItem {
  return {
    id: row.id,
    title: row.title,
    state: row.state,
    paused: row.paused !== null,
    project: row.projectName,
    requester: nameOf(row.requesterId),
    waitingFor: row.waitingFor,
    needsMe,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

export type DetailSource = {
  readonly row: RequestEntity;
  readonly project: ProjectView;
  readonly viewer: Viewer;
  readonly needsMe: boolean;
  readonly revisions: readonly GateRevisionEntity[];
  readonly decisions: readonly DecisionEntity[];
  readonly events: readonly RequestEventEntity[];
  readonly words: readonly WordEntity[];
  readonly answers: readonly AnswerEntity[];
  /** Newest first. */
  readonly facts: readonly FactEntity[];
  readonly nameOf: Names;
};

export function toDetail(source: DetailSource): RequestDetail {
  const { row, project, viewer, revisions, decisions, events, words, nameOf } = source;
  const newest = newestOf(source.facts);
  const { gates, approvalsRequired: required, requesterMayApprove } = project.settings;
  const merge = newest('merge');
  const head = newest('execution')?.headCommit;
  const ofHead = <Fact extends { readonly headCommit: string }>(fact: Fact | undefined) => (fact?.headCommit === head ? fact : undefined);
  // A review of an earlier attempt says nothing about this one.
  const [review, modelReview] = [ofHead(newest('review')), ofHead(newest('modelReview'))];
  return {
    ...toItem(row, nameOf, source.needsMe),
    body: row.body,
    projectId: row.projectId,
    requesterId: row.requesterId,
    branch: project.branch,
    baseCommit: newest('plan')?.baseCommit ?? newest('base')?.baseCommit ?? null,
    revision: revisions.find(({ gate }) => gate === 'plan')?.revision ?? 0,
    gates: gateViews({ row, settings: gates, required, requesterMayApprove, revisions, decisions, viewer, nameOf }),
    mergeRequest: mergeRequestOf(row, newest('mergeRequest')),
    merge: merge ? { commit: merge.commit, bringHome: [...merge.bringHome] } : null,
    budget: { limits: row.limits, usage: row.usage, exceeded: row.exceeded },
    stages: [...stagesOf(movesOf(events), row.state)],
    events: events.slice(-MAX_EVENTS).map(({ seq, at, type, actor, text }) => ({
      seq,
      at: at.toISOString(),
      type,
      actor: actor === null ? null : nameOf(actor),
      text,
    })),
    comments: commentViews(row, words, source.answers, nameOf),
    findings: findingsOf(newest('measure'), modelReview, review, newest('conflict')),
    modelReview: modelReview ? { reviewer: modelReview.reviewer, headCommit: modelReview.headCommit, passes: [...modelReview.passes] } : null,
    checks: newest('checks')?.verdict ?? null,
    outcome: row.outcome,
    limitsNotEnforced: [...row.limitsNotEnforced],
    egress: networkRuns(source.facts),
    may: verbsOf(row, viewer),
    superseded: row.supersededRunId !== null,
    author: newest('plan')?.plan.author ?? newest('spec')?.author ?? null,
  };
}

function newestOf(facts: readonly FactEntity[]) {
  return <Kind extends FactKind>(kind: Kind): Facts[Kind] | undefined =>
    facts.find((fact) => fact.kind === kind)?.data as Facts[Kind] | undefined;
}

function movesOf(events: readonly RequestEventEntity[]) {
  return events
    .filter(({ type }) => type === 'transition')
    .map(({ data, at }) => ({ ...(data as { from: State; to: State }), at }));
}

function mergeRequestOf(row: RequestEntity, found: Facts['mergeRequest'] | undefined): RequestDetail['mergeRequest'] {
  if (!found) return null;
  return { ...found, state: row.state === 'DONE' ? 'merged' : isTerminal(row.state) ? 'closed' : 'open' };
}

function findingsOf(...facts: readonly ({ readonly findings: readonly Finding[] } | undefined)[]): RequestDetail['findings'] {
  const all = facts.flatMap((fact) => fact?.findings ?? []).map(({ confidence, ...finding }) => ({
    ...finding,
    ...(confidence !== undefined && { confidence: confidence / 100 }),
  }));
  // The review repeats what was measured and what the model found.
  return [...new Map(all.map((finding) => [JSON.stringify([finding.rule, finding.path, finding.line, finding.message]), finding])).values()];
}

function verbsOf(row: RequestEntity, viewer: Viewer): RequestDetail['may'] {
  const says = (kind: WordKind): boolean => !wordRefusal(kind, viewer, row) && !wordTooLate(kind, row);
  return {
    cancel: says('cancel'),
    pause: says('pause'),
    resume: says('resume'),
    raiseBudget: says('raiseBudget'),
    comment: says('comment'),
    repair: !isTerminal(row.state) && may(viewer, 'request:repair', row.projectId),
  };
}
