import 'server-only';

import { createHash } from 'node:crypto';

import type { DocumentKind } from '../../graphql/generated/graphql';
import type { Answer } from '../gateway/answer';
import { ask } from '../gateway/gateway';
import { DocumentQuery, RequestQuery, SubjectQuery } from './request.query';
import { type Documents, type DocumentView, gateToShow, type GateView, type Matter, type RequestDetail, type SubjectView, type Viewer } from './request-view';

export type LoadedRequest = { readonly request: RequestDetail; readonly viewer: Viewer; readonly matter: Matter };

export async function loadRequest(id: string): Promise<Answer<LoadedRequest>> {
  const answer = await ask(RequestQuery, { id });
  if (!answer.ok) return answer;
  const { request, me: viewer } = answer.data;
  const gate = gateToShow(request.gates);
  const [subject, documents] = await Promise.all([gate && loadSubject(id, gate), loadDocuments(request)]);
  const { checks, findings, modelReview } = request;
  return { ok: true, data: { request, viewer, matter: { gate, subject, documents, checks, findings, modelReview } } };
}

/** By revision, so that gate and subject belong together even if another revision opens meanwhile. */
async function loadSubject(id: string, gate: GateView): Promise<SubjectView | undefined> {
  const answer = await ask(SubjectQuery, { id, gate: gate.name, revision: gate.revision });
  if (!answer.ok) return undefined;
  const { subject } = answer.data;
  const computed = createHash('sha256').update(subject.text, 'utf8').digest('hex');
  return { ...subject, isGenuine: computed === gate.digest && subject.digest === gate.digest };
}

function kindsOf({ gates, stages, checks }: RequestDetail): readonly DocumentKind[] {
  const kinds: DocumentKind[] = ['spec', 'plan'];
  const hasResult = checks || gates.some(({ name, digest }) => digest && (name === 'diff' || name === 'merge')) || stages.length === 0;
  return hasResult || stages.some(({ name, startedAt }) => startedAt && /check|publish|review|merg/i.test(name)) ? [...kinds, 'checks', 'diff', 'review'] : kinds;
}

/** What does not exist yet is not an error here: the page shows what there is. */
async function loadDocuments(request: RequestDetail): Promise<Documents> {
  const found = await Promise.all(
    kindsOf(request).map(async (kind): Promise<readonly [DocumentKind, DocumentView] | undefined> => {
      const answer = await ask(DocumentQuery, { id: request.id, kind });
      return answer.ok ? [kind, answer.data.document] : undefined;
    }),
  );
  return Object.fromEntries(found.filter((entry) => entry !== undefined));
}
