import type { Gate } from '@countersign/domain';

import { record } from '../audit/journal.js';
import type { Records } from '../database/records-store.repository.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { WordEntity } from '../word/word.entity.js';
import type { AnswerEntity } from './answer.entity.js';

/** For one revision of a document: what a workflow's history can hold, and more than a conversation needs. */
export const MAX_ANSWERS = 20;

const ENOUGH = `The model answers at most ${MAX_ANSWERS} comments on one revision. This one is kept: whoever writes the next revision reads it.`;

/** Gates whose documents people talk about with a model. */
const TALKED_ABOUT: readonly Gate[] = ['spec', 'plan'];

/** Whether the model is to answer the comment; says so in the thread where it has answered enough. */
export async function askModel(records: Records, row: RequestEntity, word: WordEntity, model: string | null, now: Date): Promise<boolean> {
  const earlier = await records.answers.find(word.id);
  if (earlier) return earlier.answeredAt === null;
  const { openGate: gate, openRevision: revision } = row;
  if (model === null || gate === null || revision === null || !TALKED_ABOUT.includes(gate)) return false;
  const asked: AnswerEntity = {
    wordId: word.id,
    tenantId: row.tenantId,
    requestId: row.id,
    gate,
    revision,
    author: model,
    byModel: true,
    text: null,
    waitingFor: null,
    askedAt: now,
    answeredAt: null,
  };
  const isEnough = (await records.answers.count(row.id, gate, revision)) >= MAX_ANSWERS;
  await records.answers.insert(isEnough ? { ...asked, author: 'countersign', byModel: false, text: ENOUGH, answeredAt: now } : asked);
  return !isEnough;
}

/** Stores the answer once; a retry that comes after it changes nothing. */
export async function settleAnswer(
  records: Records,
  row: RequestEntity,
  { wordId, author, text, byModel }: { readonly wordId: string; readonly author: string; readonly text: string; readonly byModel: boolean },
  now: Date,
): Promise<void> {
  const asked = await records.answers.find(wordId);
  if (asked?.requestId !== row.id) return;
  if (!(await records.answers.settle(wordId, { author, byModel, text, answeredAt: now }))) return;
  const said = byModel ? `${author} answered a comment` : `${author} did not answer a comment`;
  await records.requests.update(row, {}, now);
  await record(records, row, { type: 'answer', actor: null, text: said, data: { word: wordId, author, byModel, text } }, now);
}

export async function noteAnswer(
  records: Records,
  row: RequestEntity,
  { wordId, waitingFor }: { readonly wordId: string; readonly waitingFor: string | null },
  now: Date,
): Promise<void> {
  const asked = await records.answers.find(wordId);
  if (asked?.requestId !== row.id || asked.waitingFor === waitingFor) return;
  await records.answers.noteWaiting(wordId, waitingFor);
  await records.requests.update(row, {}, now);
}
