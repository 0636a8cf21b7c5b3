import { requestsRpc, type RpcOutput } from '@countersign/contracts';
import { type Caller, Rpc } from '@countersign/platform';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';

import { ActivityService } from '../activity/activity.service.js';

type Input<Name extends keyof typeof requestsRpc> = z.output<(typeof requestsRpc)[Name]['input']>;
type Output<Name extends keyof typeof requestsRpc> = Promise<RpcOutput<typeof requestsRpc, Name>>;

/** For activities of services/worker only: the contract lets nobody else in, the fence only the owner run. */
@Controller()
export class ActivityController {
  constructor(private readonly activities: ActivityService) {}

  @Rpc(requestsRpc, 'activity.briefing')
  briefing(_caller: Caller, input: Input<'activity.briefing'>): Output<'activity.briefing'> {
    return this.activities.briefing(input);
  }

  @Rpc(requestsRpc, 'activity.putFact')
  putFact(_caller: Caller, input: Input<'activity.putFact'>): Output<'activity.putFact'> {
    return this.activities.putFact(input);
  }

  @Rpc(requestsRpc, 'activity.getFact')
  getFact(_caller: Caller, input: Input<'activity.getFact'>): Output<'activity.getFact'> {
    return this.activities.getFact(input);
  }

  @Rpc(requestsRpc, 'activity.latestFact')
  latestFact(_caller: Caller, input: Input<'activity.latestFact'>): Output<'activity.latestFact'> {
    return this.activities.latestFact(input);
  }

  @Rpc(requestsRpc, 'activity.feedback')
  feedback(_caller: Caller, input: Input<'activity.feedback'>): Output<'activity.feedback'> {
    return this.activities.feedback(input);
  }

  @Rpc(requestsRpc, 'activity.addUsage')
  addUsage(_caller: Caller, input: Input<'activity.addUsage'>): Output<'activity.addUsage'> {
    return this.activities.addUsage(input);
  }

  @Rpc(requestsRpc, 'activity.noteWaiting')
  noteWaiting(_caller: Caller, input: Input<'activity.noteWaiting'>): Output<'activity.noteWaiting'> {
    return this.activities.noteWaiting(input);
  }

  @Rpc(requestsRpc, 'activity.thread')
  thread(_caller: Caller, input: Input<'activity.thread'>): Output<'activity.thread'> {
    return this.activities.thread(input);
  }

  @Rpc(requestsRpc, 'activity.answerComment')
  answerComment(_caller: Caller, input: Input<'activity.answerComment'>): Output<'activity.answerComment'> {
    return this.activities.answerComment(input);
  }

  @Rpc(requestsRpc, 'activity.noteAnswer')
  noteAnswer(_caller: Caller, input: Input<'activity.noteAnswer'>): Output<'activity.noteAnswer'> {
    return this.activities.noteAnswer(input);
  }

  @Rpc(requestsRpc, 'activity.isOver')
  isOver(_caller: Caller, { requestId }: Input<'activity.isOver'>): Output<'activity.isOver'> {
    return this.activities.isOver(requestId);
  }

  @Rpc(requestsRpc, 'activity.evidence')
  evidence(_caller: Caller, input: Input<'activity.evidence'>): Output<'activity.evidence'> {
    return this.activities.evidence(input);
  }
}
