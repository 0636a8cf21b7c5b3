'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';

import { BudgetFacts } from '../budget/budget-facts';
import { CommentThread } from '../comment/comment-thread';
import { EvidencePanel } from '../evidence/evidence-panel';
import { DecisionBar } from '../gate/decision-bar';
import { DecisionRecord } from '../gate/decision-record';
import { GateList } from '../gate/gate-list';
import type { Told } from '../gate/use-decision';
import { LogPanel } from '../log/log-panel';
import { NetworkRuns } from '../network/network-runs';
import { Section } from '../page/section';
import { Notice } from '../page/tone';
import { EventList, StageTimeline } from '../stage/stage-timeline';
import { ChangedNotice, WhatChanged } from '../subject/changed-notice';
import { SubjectPanel } from '../subject/subject-panel';
import { AskedNow } from './asked-now';
import { RequestHeading } from './request-heading';
import { isEnded, stateWord } from './request-state';
import { RequestTabs } from './request-tabs';
import { RequestVerbs } from './request-verbs';
import type { Matter, RequestDetail, Viewer } from './request-view';
import { usePulse } from './use-pulse';
import { useShownMatter } from './use-shown-matter';

type Props = { readonly request: RequestDetail; readonly viewer: Viewer; readonly matter: Matter };

/** The page in its fixed order: what is asked, what I would sign, evidence, how it got here, the record. */
export function RequestScreen({ request, viewer, matter: fresh }: Props) {
  const router = useRouter();
  const [ownDigest, setOwnDigest] = useState<string>();
  const problem = usePulse(request.id, request);
  const { shown, isHeld, before, load } = useShownMatter(fresh, ownDigest);
  const isOver = isEnded(request.state);

  const onTold = (told: Told): void => {
    if (told.outcome !== 'refused') setOwnDigest(told.digest);
    router.refresh();
  };
  const onReload = (): void => {
    load();
    router.refresh();
  };
  return (
    <>
      <p role="status" className="sr-only">{stateWord(request.state)}{request.waitingFor ? `: ${request.waitingFor}` : ''}</p>
      <RequestHeading request={request} />
      <RequestTabs id={request.id} current="request" />
      {problem ? <Notice tone="waiting" title="This page is not up to date" data-testid="offline-notice"><p>{problem} It tries again by itself.</p></Notice> : null}
      <AskedNow request={request} />
      {isHeld ? <div aria-live="polite"><ChangedNotice shown={shown} now={fresh} onLoad={onReload} /></div> : null}
      {before?.subject && shown.subject ? <WhatChanged before={before.subject.text} after={shown.subject.text} /> : null}
      <Section id="subject" title={isOver ? 'What was decided on' : 'What I would sign'}>
        <SubjectPanel gate={shown.gate} subject={shown.subject} documents={shown.documents} />
      </Section>
      <Section id="evidence" title="Evidence"><EvidencePanel matter={shown} gates={request.gates} /></Section>
      <Section id="history" title="How it got here">
        <StageTimeline stages={request.stages} />
        <EventList events={request.events} />
        <LogPanel requestId={request.id} isRunning={!isOver} />
        <CommentThread request={request} />
      </Section>
      {request.egress.length > 0 ? <Section id="network" title="Network"><NetworkRuns runs={request.egress} /></Section> : null}
      <Section id="record" title="The record">
        <GateList gates={request.gates} />
        <DecisionRecord requestId={request.id} gates={request.gates} />
      </Section>
      <Section id="control" title="Budget and control">
        <BudgetFacts budget={request.budget} notEnforced={request.limitsNotEnforced} />
        <RequestVerbs request={request} viewer={viewer} />
      </Section>
      <DecisionBar request={request} viewer={viewer} matter={shown} onTold={onTold} onReload={onReload} />
    </>
  );
}
