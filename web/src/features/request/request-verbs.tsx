'use client';

import { useRouter } from 'next/navigation';
import { useRef, useState } from 'react';

import { BudgetDialog } from '../budget/budget-dialog';
import { Button } from '../form/button';
import { refusalWords } from '../gate/refusal-words';
import { ActKey } from '../gateway/act-key';
import { mutate } from '../gateway/call';
import { Notice } from '../page/tone';
import { Quoted } from '../text/quoted';
import { isEnded } from './request-state';
import type { RequestDetail, Viewer } from './request-view';
import { CancelMutation, PauseMutation, RepairMutation, ResumeMutation } from './request-words.mutation';
import { VERB_TEXTS, type Verb, VerbDialog } from './verb-dialog';

type Said = { readonly text: string; readonly code?: string | undefined; readonly isRefused: boolean };

async function sendWord(key: string, verb: Verb, id: string, reason: string): Promise<Said> {
  if (verb === 'repair') {
    const answer = await mutate(key, RepairMutation, { id });
    return answer.ok ? { text: 'Repaired; it goes on from the recorded state.', isRefused: false } : { text: answer.failure.message, code: answer.failure.code, isRefused: true };
  }
  const operation = { cancel: CancelMutation, pause: PauseMutation, resume: ResumeMutation }[verb];
  const answer = await mutate(key, operation, { input: { id, ...(reason ? { reason } : {}) } });
  if (!answer.ok) return { text: answer.failure.message, code: answer.failure.code, isRefused: true };
  const { outcome, code, message } = answer.data.word;
  if (outcome === 'refused') return { text: message ?? '', code: code ?? undefined, isRefused: true };
  return { text: outcome === 'pending' ? 'Recorded; being delivered.' : VERB_TEXTS[verb].done, isRefused: false };
}

/** Verbs about the request itself; what is approved has a bar of its own. */
export function RequestVerbs({ request, viewer }: { readonly request: RequestDetail; readonly viewer: Viewer }) {
  const router = useRouter();
  const key = useRef(new ActKey());
  const [asking, setAsking] = useState<Verb | 'budget'>();
  const [isSending, setSending] = useState(false);
  const [said, setSaid] = useState<Said>();
  const { may, state, paused } = request;
  if (isEnded(state)) return null;

  const told = (next: Said): void => {
    setSaid(next);
    setAsking(undefined);
    router.refresh();
  };
  const send = async (verb: Verb, reason: string): Promise<void> => {
    setSending(true);
    const next = await sendWord(key.current.of([verb, reason]), verb, request.id, reason);
    key.current.answered(next.code);
    setSending(false);
    told(next);
  };
  const verbs: readonly (readonly [Verb | 'budget', string, boolean])[] = [
    paused ? ['resume', 'Resume', may.resume] : ['pause', 'Pause', may.pause],
    ['cancel', 'Cancel request', may.cancel],
    ...(viewer.permissions.includes('request:budget') ? ([['budget', 'Raise budget', may.raiseBudget]] as const) : []),
    ...(request.superseded ? ([['repair', 'Repair', may.repair]] as const) : []),
  ];
  const hasDisabled = verbs.some(([, , isAllowed]) => !isAllowed);
  return (
    <div className="grid gap-2" data-testid="request-verbs">
      <div className="flex flex-wrap gap-2">
        {verbs.map(([verb, name, isAllowed]) => (
          <Button key={verb} disabled={!isAllowed || isSending} aria-describedby={isAllowed ? undefined : 'verbs-why'} data-testid={`verb-${verb}`} onClick={() => setAsking(verb)}>{name}</Button>
        ))}
      </div>
      {hasDisabled ? <p id="verbs-why" className="text-13 text-muted">Greyed out: for maintainers, or for the requester on their own request (never the budget), where the state allows it.</p> : null}
      <div aria-live="polite">
        {said ? (
          <Notice tone={said.isRefused ? 'refused' : 'info'} title={said.isRefused ? refusalWords(said.code) : said.text} data-testid="verb-outcome" data-code={said.code ?? ''}>
            {said.isRefused ? <p><Quoted>{said.text}</Quoted> {said.code ? <code className="text-13 text-muted">{said.code}</code> : null}</p> : null}
          </Notice>
        ) : null}
      </div>
      {asking === 'budget' ? (
        <BudgetDialog request={request} act={key.current} onClose={() => setAsking(undefined)} onTold={told} />
      ) : asking ? (
        <VerbDialog verb={asking} isSending={isSending} onSend={(reason) => send(asking, reason)} onClose={() => setAsking(undefined)} />
      ) : null}
    </div>
  );
}
