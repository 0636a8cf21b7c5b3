import { isTerminal, rolesIn, type Viewer } from '@countersign/domain';
import type { ThreadMessage } from '@countersign/workflow-contracts';

import type { Records } from '../database/records-store.repository.js';
import type { ProjectsPort } from '../people/projects.port.js';
import type { Names } from '../request/gate-view.js';
import type { RequestDetail } from '../request/request.mapper.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { WordEntity } from '../word/word.entity.js';
import type { AnswerEntity } from './answer.entity.js';

type CommentView = RequestDetail['comments'][number];

export const answerId = ({ wordId }: Pick<AnswerEntity, 'wordId'>): string => `answer-${wordId}`;

/** What people read: each comment with its answer behind it, or with what the answer waits for. */
export function commentViews(row: RequestEntity, words: readonly WordEntity[], answers: readonly AnswerEntity[], nameOf: Names): CommentView[] {
  return words
    .filter(({ kind }) => kind === 'comment')
    .flatMap(({ id, actor, text, at }) => {
      const said = { id, author: nameOf(actor), text: text ?? '', at: at.toISOString(), byModel: false, answers: null, pending: false };
      const answer = answers.find(({ wordId }) => wordId === id);
      return answer ? [said, answerView(row, answer)] : [said];
    });
}

function answerView(row: RequestEntity, answer: AnswerEntity): CommentView {
  const { author, byModel, text, waitingFor, askedAt, answeredAt, wordId } = answer;
  const common = { id: answerId(answer), author, answers: wordId, at: (answeredAt ?? askedAt).toISOString() };
  if (text !== null) return { ...common, text, byModel, pending: false };
  // What was not answered while its document was open is not answered any more.
  const isOpen = !isTerminal(row.state) && row.openGate === answer.gate && row.openRevision === answer.revision;
  if (!isOpen) return { ...common, text: 'Not answered: the gate closed first.', byModel: false, pending: false };
  return { ...common, text: waitingFor === null ? 'Has been asked.' : `The answer waits for ${waitingFor}`, byModel: false, pending: true };
}

/**
 * The same for a model, which learns what people are to the request and not who they are. With `upTo`, as it was when the
 * last of these decisions was made: a retry reads the same.
 */
export async function threadOf(records: Records, projects: ProjectsPort, row: RequestEntity, upTo?: readonly string[]): Promise<ThreadMessage[]> {
  const [words, answers, decisions] = await Promise.all([
    records.words.all(row.id),
    records.answers.all(row.id),
    upTo === undefined ? [] : records.decisions.byIds(row.id, upTo),
  ]);
  const until = upTo === undefined ? Number.POSITIVE_INFINITY : Math.max(...decisions.map(({ at }) => at.getTime()), Number.NEGATIVE_INFINITY);
  const comments = words.filter(({ kind, at }) => kind === 'comment' && at.getTime() <= until);
  const people = await projects.people(row.tenantId, [...new Set(comments.map(({ actor }) => actor))]);
  return comments.flatMap(({ id, actor, text, at }): ThreadMessage[] => {
    const by = partOf(row, actor, people.find(({ personId }) => personId === actor));
    const said: ThreadMessage = { id, by, text: text ?? '', at: at.toISOString(), answers: null };
    const answer = answers.find(({ wordId }) => wordId === id);
    if (!answer?.answeredAt || answer.text === null || answer.answeredAt.getTime() > until) return [said];
    const { byModel, answeredAt } = answer;
    return [said, { id: answerId(answer), by: byModel ? 'model' : 'countersign', text: answer.text, at: answeredAt.toISOString(), answers: id }];
  });
}

function partOf(row: RequestEntity, actor: string, person: Viewer | undefined): ThreadMessage['by'] {
  if (actor === row.requesterId) return 'requester';
  return (person && rolesIn(person.grants, row.projectId)[0]) ?? 'observer';
}
