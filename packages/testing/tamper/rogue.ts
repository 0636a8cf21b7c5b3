import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';

import { type Queue, QUEUES, workflowIdOf } from '@countersign/workflow-contracts';
import type { WorkflowService } from '@temporalio/client';

import { git, waitFor } from '../src/index.js';
import { must, type Project, type World } from './world.js';

const NAMESPACE = 'default';
const SCHEDULE_ACTIVITY = 1;
const CALL_TIMEOUT_MS = 60_000;
/** Long enough for a run that was told nothing to do something, a retry included. */
const IDLE_MS = 2_000;
const TIMEOUT = { seconds: 50 as never };

type Task = Awaited<ReturnType<WorkflowService['pollWorkflowTaskQueue']>>;
type HistoryEvent = NonNullable<NonNullable<Task['history']>['events']>[number];

/** What an attacker schedules on a queue of ours. */
export type RogueCall = { readonly queue: Queue; readonly activity: string; readonly input: Readonly<Record<string, unknown>> };

export const onRecords = (name: string, input: RogueCall['input']): RogueCall => ({ queue: QUEUES.requests, activity: `records.${name}`, input });

/**
 * A workflow of an attacker who reaches Temporal: its decisions are made here, on a queue of its own, and its activities
 * are scheduled on ours. Spoken in the server's own protocol: an attacker needs no worker of ours, nor our SDK.
 */
export class RogueRun {
  private readonly queue = `rogue-${randomUUID()}`;
  private calls = 0;

  private constructor(
    private readonly world: World,
    readonly workflowId: string,
  ) {}

  static async start(world: World, workflowId: string): Promise<RogueRun> {
    const rogue = new RogueRun(world, workflowId);
    await world.temporal.workflow.start('rogue', { workflowId, taskQueue: rogue.queue, args: [] });
    return rogue;
  }

  /** What became of each call: the code of its failure, or `done`. */
  async call(calls: readonly RogueCall[]): Promise<readonly string[]> {
    const named = calls.map((call) => ({ ...call, id: String((this.calls += 1)) }));
    await this.world.temporal.workflow.getHandle(this.workflowId).signal('go');
    const { taskToken } = await this.task();
    await this.answer(taskToken, named.map(scheduled));
    const deadline = Date.now() + CALL_TIMEOUT_MS;
    for (;;) {
      const task = await this.task();
      const outcomes = outcomesOf(task.history?.events ?? []);
      await this.answer(task.taskToken, []);
      if (named.every(({ id }) => outcomes.has(id))) return named.map(({ id }) => outcomes.get(id) ?? '');
      if (Date.now() > deadline) throw new Error(`${this.workflowId}: ${named.map(({ activity }) => activity).join()} were not answered`);
    }
  }

  async end(): Promise<void> {
    await this.world.temporal.workflow.getHandle(this.workflowId).terminate('the attack is over');
  }

  private async task(): Promise<Task> {
    const { connection, workflowService } = this.world.temporal;
    const poll = () => workflowService.pollWorkflowTaskQueue({ namespace: NAMESPACE, taskQueue: { name: this.queue }, identity: 'attacker' });
    const task = await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, poll);
    if (task.taskToken.length === 0) throw new Error(`${this.workflowId} has nothing to do`);
    return task;
  }

  private async answer(taskToken: Uint8Array, commands: readonly object[]): Promise<void> {
    await this.world.temporal.workflowService.respondWorkflowTaskCompleted({ namespace: NAMESPACE, taskToken, identity: 'attacker', commands: [...commands] });
  }
}

function scheduled({ id, queue, activity, input }: RogueCall & { readonly id: string }): object {
  const payload = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(input)) };
  const attributes = {
    activityId: id,
    activityType: { name: activity },
    taskQueue: { name: queue },
    input: { payloads: [payload] },
    scheduleToCloseTimeout: TIMEOUT,
    retryPolicy: { maximumAttempts: 1 },
  };
  return { commandType: SCHEDULE_ACTIVITY, scheduleActivityTaskCommandAttributes: attributes };
}

/** By activity id. */
function outcomesOf(events: readonly HistoryEvent[]): ReadonlyMap<string, string> {
  const ids = new Map(events.flatMap(({ eventId, activityTaskScheduledEventAttributes: of }) => (of ? [[String(eventId), of.activityId ?? '']] : [])));
  return new Map(
    events.flatMap((event) => {
      const ended = endOf(event);
      return ended ? [[ids.get(ended.scheduled) ?? '', ended.outcome]] : [];
    }),
  );
}

function endOf({ activityTaskCompletedEventAttributes: done, activityTaskFailedEventAttributes: failed, activityTaskTimedOutEventAttributes: late }: HistoryEvent) {
  if (done) return { scheduled: String(done.scheduledEventId), outcome: 'done' };
  if (failed) return { scheduled: String(failed.scheduledEventId), outcome: failed.failure?.applicationFailureInfo?.type ?? 'unknown' };
  return late ? { scheduled: String(late.scheduledEventId), outcome: 'timed out' } : undefined;
}

/** The newest fact of a kind, which a call has to name. */
export async function factOf(world: World, id: string, kind: string): Promise<string> {
  const [row] = await world.sql<{ id: string }>('SELECT id FROM requests.fact WHERE request_id = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1', [id, kind]);
  return row?.id ?? 'none';
}

/** Everything that whoever acts for a request could move. */
export async function standing(world: World, project: Project, id: string): Promise<string> {
  const [request] = await world.sql('SELECT state, paused, open_gate, open_revision, owner_workflow_id, owner_run_id, outcome FROM requests.request WHERE id = $1', [id]);
  const revisions = await world.sql('SELECT gate, revision, state, digest FROM requests.gate_revision WHERE request_id = $1 ORDER BY gate, revision', [id]);
  const decisions = await world.sql('SELECT id, status, live FROM requests.decision WHERE request_id = $1 ORDER BY id', [id]);
  const facts = await world.sql('SELECT id FROM requests.fact WHERE request_id = $1 ORDER BY id', [id]);
  return JSON.stringify({ request, revisions, decisions, facts, refs: git(project.bare, 'for-each-ref') });
}

/** An admin's repair, by the real way in. */
export async function repair(world: World, id: string): Promise<void> {
  must(await world.ask(world.people.admin, 'mutation ($id: ID!) { repairRequest(id: $id) { state } }', { id }));
}

/** The point of a lifecycle's history to which an operator takes it back. */
export type Point = { readonly activity: string; readonly gate?: string };

function isAt(point: Point, { activityTaskScheduledEventAttributes: of }: HistoryEvent): boolean {
  if (of?.activityType?.name !== point.activity) return false;
  const input = JSON.parse(Buffer.from(of.input?.payloads?.[0]?.data ?? []).toString() || '{}') as { gate?: string };
  return point.gate === undefined || input.gate === point.gate;
}

/** Temporal's own program takes the lifecycle back to the decision that scheduled an activity, the newest such one. Answers the new run and where it parts from the old. */
async function takenBack(world: World, id: string, point: Point) {
  const handle = world.temporal.workflow.getHandle(workflowIdOf(id));
  const { events = [] } = (await handle.fetchHistory()) as { events?: HistoryEvent[] };
  const at = events.findLastIndex((event) => isAt(point, event));
  const task = events.slice(0, Math.max(0, at)).findLast(({ workflowTaskCompletedEventAttributes: completed }) => completed);
  if (!task) throw new Error(`${id} never came to ${point.activity} ${point.gate ?? ''}`);
  const from = Number(task.eventId);
  const args = ['workflow', 'reset', '-w', workflowIdOf(id), '--event-id', String(from), '--reason', 'somebody tries it'];
  const server = ['--address', world.app.state().addresses['temporal'] ?? '', '--disable-config-file'];
  await promisify(execFile)(process.env['TEMPORAL_CLI'] ?? '', [...args, ...server]);
  const { runId } = await handle.describe();
  return { runId, from };
}

/** Resets a lifecycle; answers the code of every call that the new run made, and whether anything moved. */
export async function reset(world: World, project: Project, id: string, point: Point): Promise<{ readonly codes: readonly string[]; readonly moved: boolean }> {
  const before = await standing(world, project, id);
  const { runId, from } = await takenBack(world, id, point);
  const wasTold = async (): Promise<boolean> => (await world.sql('SELECT 1 FROM requests.request WHERE id = $1 AND superseded_run_id = $2', [id, runId])).length > 0;
  await waitFor(wasTold, CALL_TIMEOUT_MS, () => `the run ${runId} of ${id} was not told that it is superseded`);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const { events = [] } = (await world.temporal.workflow.getHandle(workflowIdOf(id), runId).fetchHistory()) as { events?: HistoryEvent[] };
  const codes = events.filter(({ eventId }) => Number(eventId) >= from).flatMap((event) => endOf(event)?.outcome ?? []);
  return { codes, moved: (await standing(world, project, id)) !== before };
}
