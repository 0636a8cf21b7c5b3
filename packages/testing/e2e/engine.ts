import { execFileSync } from 'node:child_process';

import type { TestInstallation } from '../src/index.js';

type HistoryEvent = {
  readonly eventId: string;
  readonly eventType: string;
  readonly activityTaskScheduledEventAttributes?: { readonly activityType: { readonly name: string } };
};

/** What an operator types, with Temporal's own program. */
export function temporal(app: TestInstallation, ...args: string[]): string {
  const cli = process.env['TEMPORAL_CLI'] ?? '';
  return execFileSync(cli, [...args, '--address', app.state().addresses['temporal'] ?? '', '--disable-config-file'], { encoding: 'utf8', maxBuffer: 64_000_000 });
}

export function historyOf(app: TestInstallation, requestId: string): readonly HistoryEvent[] {
  const { events } = JSON.parse(temporal(app, 'workflow', 'show', '-w', `request-${requestId}`, '--output', 'json')) as { events: HistoryEvent[] };
  return events;
}

/** Takes a lifecycle back to before an activity was scheduled for the first time: that decision is made anew. */
export function resetToBefore(app: TestInstallation, requestId: string, activity: string): void {
  const events = historyOf(app, requestId);
  const scheduled = events.findIndex((event) => event.activityTaskScheduledEventAttributes?.activityType.name === activity);
  const task = events.slice(0, scheduled).findLast(({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED');
  if (!task) throw new Error(`${requestId} never came to ${activity}`);
  temporal(app, 'workflow', 'reset', '-w', `request-${requestId}`, '--event-id', task.eventId, '--reason', 'an operator tries it');
}

/** The server's own count of what a lifecycle's newest run has stored. */
export function historySizeOf(app: TestInstallation, requestId: string): { readonly events: number; readonly bytes: number } {
  const described = JSON.parse(temporal(app, 'workflow', 'describe', '-w', `request-${requestId}`, '--output', 'json')) as {
    workflowExecutionInfo: { historyLength: string; historySizeBytes: string };
  };
  const { historyLength, historySizeBytes } = described.workflowExecutionInfo;
  return { events: Number(historyLength), bytes: Number(historySizeBytes) };
}

/** Why its activities are tried again, as the Temporal UI shows it. */
export function pendingFailuresOf(app: TestInstallation, requestId: string): readonly string[] {
  const described = JSON.parse(temporal(app, 'workflow', 'describe', '-w', `request-${requestId}`, '--output', 'json')) as {
    pendingActivities?: readonly { lastFailure?: { message?: string } }[];
  };
  return (described.pendingActivities ?? []).flatMap(({ lastFailure }) => lastFailure?.message ?? []);
}
