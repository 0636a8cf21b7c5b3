import { AppError, ERRORS } from '@countersign/domain';
import type { AgentActivities, CommentAnswer, ThreadMessage } from '@countersign/workflow-contracts';
import { z } from 'zod';

import type { AgentDeps } from '../agent-deps.js';
import { whileBeating, type AgentRun } from '../agent-run.js';
import { CommitTools, withoutNotes } from '../commit-tools.js';
import { beginRun } from '../drafting.js';
import { heldPlan, readPlan } from '../plan-subject.js';
import type { TaskSection } from '../ports/language-model.port.js';
import { CHAT_PROMPT } from '../prompts/chat.prompt.js';
import { ask, type Asked } from '../structured-ask.js';
import { threadText } from './thread-section.js';

const MAX_ANSWER_BYTES = 16_384;
const answerSchema = z.string().trim().min(1);

/**
 * Answers one comment in the thread. A comment that has its answer is left alone, and the journal spares the model a second
 * call. Where the model is away the thread says what the answer waits for.
 */
export function answerComment(all: AgentDeps, { requestId, wordId }: Parameters<AgentActivities['answer']>[0]): Promise<void> {
  const deps = withoutNotes(all);
  return whileBeating(deps, async (onStep) => {
    const run = await beginRun(deps, requestId, 'answer', { requestId, wordId });
    const thread = await deps.records.thread(requestId, run.ref);
    const question = thread.find(({ id }) => id === wordId);
    if (!question || thread.some(({ answers }) => answers === wordId)) return;
    try {
      await deps.records.answerComment(requestId, run.ref, await answerTo(deps, run, question, thread, onStep));
    } catch (error) {
      await noteWaiting(deps, run, wordId, error);
      throw error;
    }
  });
}

async function answerTo(deps: AgentDeps, run: AgentRun, question: ThreadMessage, thread: readonly ThreadMessage[], onStep: (step: number) => void): Promise<CommentAnswer> {
  const model = deps.model('chat', run.briefing.project.settings.models);
  const held = run.briefing.request.state === 'SPEC_REVIEW' ? undefined : heldPlan(run.briefing);
  const commit = held && readPlan(held, run.requestId).baseCommit;
  const tools = commit === undefined ? undefined : new CommitTools(deps, run, { commit, folder: 'chat' });
  const sections: readonly TaskSection[] = [
    ...documentSections(run, held?.text),
    { name: 'thread', text: threadText(thread.filter(({ id }) => id !== question.id)) },
    { name: 'question', text: question.text },
  ];
  const asked = await ask(deps, run, {
    stage: 'chat',
    model,
    schema: answerSchema,
    opening: [{ role: 'instructions', text: CHAT_PROMPT.text }, { role: 'task', sections: sections.filter(({ text }) => text.trim() !== '') }],
    tools,
    commit: commit ?? '',
    onStep,
  }).finally(() => tools?.stop());
  return { wordId: question.id, author: model.id, ...wordsOf(asked) };
}

function wordsOf(asked: Asked<string>): Pick<CommentAnswer, 'text' | 'byModel'> {
  if (asked.kind === 'answered') return { text: bounded(asked.output), byModel: true };
  return { text: bounded(`The model did not answer: ${asked.message}`), byModel: false };
}

/** A plan's document holds the specification it was made from. */
function documentSections(run: AgentRun, plan: string | undefined): readonly TaskSection[] {
  const { request, project, subjects } = run.briefing;
  const [spec] = subjects.filter(({ gate }) => gate === 'spec').sort((a, b) => b.revision - a.revision);
  return [
    { name: 'title', text: request.title },
    { name: 'body', text: request.body },
    { name: 'rules', text: project.settings.rules },
    ...(plan === undefined ? [{ name: 'spec' as const, text: spec?.text ?? '' }] : [{ name: 'plan' as const, text: plan }]),
  ];
}

async function noteWaiting(deps: AgentDeps, run: AgentRun, wordId: string, error: unknown): Promise<void> {
  const isTriedAgain = !run.signal.aborted && (!(error instanceof AppError) || ERRORS[error.code].retry);
  if (!isTriedAgain) return;
  const waitingFor = error instanceof AppError ? error.message.slice(0, 1000) : 'a further try';
  await deps.records.noteAnswer(run.requestId, run.ref, { wordId, waitingFor }).catch(() => undefined);
}

/** Valid text of at most so many bytes, cut at a whole character. */
function bounded(text: string): string {
  const plain = text.replaceAll('\0', '').toWellFormed();
  const bytes = Buffer.from(plain, 'utf8');
  if (bytes.length <= MAX_ANSWER_BYTES) return plain;
  return `${bytes.subarray(0, MAX_ANSWER_BYTES - 16).toString('utf8').replace(/\uFFFD{1,3}$/, '')} …`;
}
