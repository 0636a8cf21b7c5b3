import { isTemporalUnavailable, type TemporalHandle, toTemporalError } from '@countersign/platform';
import { QUEUES, REQUEST_LIFECYCLE, SEARCH_ATTRIBUTES, workflowIdOf } from '@countersign/workflow-contracts';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

import type { LifecyclePort, RunDescription, StartInput, UpdateOutcome } from './lifecycle.port.js';

const CALL_DEADLINE_MS = 10_000;
/** CONTINUE_AS_NEW_INITIATOR_WORKFLOW: not a cron schedule, not a retry. */
const INITIATED_BY_WORKFLOW = 1;

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

export class TemporalLifecycleAdapter implements LifecyclePort {
  constructor(
    private readonly temporal: Pick<TemporalHandle, 'client' | 'connection'>,
    private readonly namespace: string,
  ) {}

  async start(input: StartInput): Promise<void> {
    const { requestId, title, state, project, tenant, requester, carry } = input;
    try {
      await this.within(CALL_DEADLINE_MS, () =>
        this.temporal.client.workflow.start(REQUEST_LIFECYCLE, {
          workflowId: workflowIdOf(requestId),
          taskQueue: QUEUES.delivery,
          args: [carry === null ? { request: requestId } : { request: requestId, carry }],
          staticSummary: title.slice(0, 200),
          typedSearchAttributes: [
            { key: keyword(SEARCH_ATTRIBUTES.state), value: state },
            { key: keyword(SEARCH_ATTRIBUTES.project), value: project },
            { key: keyword(SEARCH_ATTRIBUTES.tenant), value: tenant },
            { key: keyword(SEARCH_ATTRIBUTES.requester), value: requester },
          ],
        }),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }

  async update(requestId: string, update: Parameters<LifecyclePort['update']>[1]): Promise<UpdateOutcome> {
    const { name, args, updateId, deadlineMs } = update;
    try {
      await this.temporal.connection.withDeadline(Date.now() + deadlineMs, () =>
        this.temporal.client.workflow.getHandle(workflowIdOf(requestId)).executeUpdate(name, { args: [args], updateId }),
      );
      return { kind: 'recorded' };
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) return refusalOf(error);
      if (error instanceof WorkflowNotFoundError) return { kind: 'notFound' };
      if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isTemporalUnavailable(error)) return { kind: 'pending' };
      throw error;
    }
  }

  async signal(requestId: string, name: string): Promise<void> {
    try {
      await this.within(CALL_DEADLINE_MS, () => this.temporal.client.workflow.getHandle(workflowIdOf(requestId)).signal(name));
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }

  async describe(requestId: string): Promise<RunDescription | undefined> {
    try {
      const { runId, status } = await this.within(CALL_DEADLINE_MS, () =>
        this.temporal.client.workflow.getHandle(workflowIdOf(requestId)).describe(),
      );
      return { runId, isOpen: status.name === 'RUNNING' || status.name === 'PAUSED' };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  async continuedFrom(requestId: string, runId: string): Promise<string | undefined> {
    const { history } = await this.within(CALL_DEADLINE_MS, () =>
      this.temporal.client.workflowService.getWorkflowExecutionHistory({
        namespace: this.namespace,
        execution: { workflowId: workflowIdOf(requestId), runId },
        maximumPageSize: 1,
      }),
    );
    const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
    // A reset run carries the first event of the run that it was reset from.
    if (!started || started.originalExecutionRunId !== runId || started.initiator !== INITIATED_BY_WORKFLOW) return undefined;
    return started.continuedExecutionRunId || undefined;
  }

  private async within<Result>(ms: number, call: () => Promise<Result>): Promise<Result> {
    try {
      return await this.temporal.connection.withDeadline(Date.now() + ms, call);
    } catch (error) {
      throw toTemporalError(error);
    }
  }
}

function refusalOf({ cause, message }: WorkflowUpdateFailedError): UpdateOutcome {
  const code = cause instanceof ApplicationFailure ? cause.type : undefined;
  // The run ended or went on with the update in hand: it may be sent again.
  if (code === 'AcceptedUpdateCompletedWorkflow') return { kind: 'pending' };
  return { kind: 'refused', code: code ?? 'INTERNAL', message: cause?.message ?? message };
}
