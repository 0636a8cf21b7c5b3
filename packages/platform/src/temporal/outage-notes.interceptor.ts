import { type ErrorCode, isErrorCode } from '@countersign/domain';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

import { toFailure } from './activity-errors.interceptor.js';

/** A shorter trouble is nobody's business. */
const SILENT_MS = 30_000;

/** Said at once, and better, by the activities that meet them. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set<ErrorCode>([
  'SANDBOX_UNAVAILABLE',
  'IMAGE_MISSING',
  'SOURCE_UNREACHABLE',
  'SOURCE_DIVERGED',
  'MODEL_RATE_LIMITED',
  'MODEL_UNAVAILABLE',
  'MODEL_KEY_INVALID',
  'MODEL_UNKNOWN',
  'MODEL_NOT_CONFIGURED',
]);

const WAITS: Readonly<Partial<Record<ErrorCode, string>>> = {
  DATABASE_UNAVAILABLE: 'the database',
  SERVICE_UNAVAILABLE: 'a service of this installation',
  IDENTITY_UNAVAILABLE: 'the identity provider',
  TEMPORAL_UNAVAILABLE: 'Temporal',
  ARTIFACT_UNAVAILABLE: 'the artifact store',
  GIT_TIMEOUT: 'git, which ran out of time',
  REPO_NOT_READY: 'the import of the repository',
};

const MAX_MESSAGE_CHARS = 1_000;

export const OUTAGE_NOTE = 'Waiting for ';

export type OutageCall = {
  readonly requestId: string;
  readonly run: { readonly workflowId: string; readonly runId: string };
};

/** Stores what a request waits for; null says that the waiting is over. */
export type NoteOutage = (call: OutageCall, waitingFor: string | null) => Promise<unknown>;

/** What people read of a failure that is tried again; undefined where it ends the activity, or somebody else says it. */
export function outageText(error: unknown): string | undefined {
  const failure = toFailure(error);
  if (!(failure instanceof ApplicationFailure) || failure.nonRetryable) return undefined;
  const { type, message } = failure;
  if (type && SAID_ELSEWHERE.has(type)) return undefined;
  const what = isErrorCode(type) ? WAITS[type] : undefined;
  return `${OUTAGE_NOTE}${what ?? 'a further try'}: ${message.slice(0, MAX_MESSAGE_CHARS)}`;
}

/**
 * After 30 s of failing attempts the request says what it waits for, until the activity succeeds. Best effort: a note
 * that cannot be stored is tried with the next attempt, and never changes how the activity ends.
 */
export function outageNotes(note: NoteOutage, now: () => number = Date.now): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const call = callOf(input.args[0], info.workflowExecution);
        const isLong = (): boolean => call !== undefined && info.attempt > 1 && now() - info.scheduledTimestampMs > SILENT_MS;
        const say = async (text: string | null): Promise<void> => {
          if (call) await note(call, text).catch(() => undefined);
        };
        try {
          const result = await next(input);
          if (isLong()) await say(null);
          return result;
        } catch (error) {
          const text = outageText(error);
          if (text !== undefined && isLong()) await say(text);
          throw error;
        }
      },
    },
  });
}

function callOf(argument: unknown, run: OutageCall['run'] | undefined): OutageCall | undefined {
  const requestId = typeof argument === 'object' && argument !== null && 'requestId' in argument ? argument.requestId : undefined;
  return typeof requestId === 'string' && run ? { requestId, run: { workflowId: run.workflowId, runId: run.runId } } : undefined;
}
