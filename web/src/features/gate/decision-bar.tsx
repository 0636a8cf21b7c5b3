'use client';

import { useState } from 'react';

import type { Verdict } from '../../graphql/generated/graphql';
import { Button } from '../form/button';
import type { GateView, SubjectView } from '../request/request-view';
import { Quoted } from '../text/quoted';
import { shortDigest } from './digest';
import { GATE_WORDS, verbOf } from './gate-words';
import { OutcomeMessage } from './outcome-message';
import { ReasonDialog } from './reason-dialog';
import { type Told, useDecision } from './use-decision';

type Asking = { readonly gate: GateView['name']; readonly digest: string; readonly verdict: Exclude<Verdict, 'approve'> };

type Props = {
  readonly requestId: string;
  /** The gate that was shown, which may no longer be what is open. */
  readonly gate: GateView | undefined;
  readonly subject: SubjectView | undefined;
  readonly onTold: (told: Told) => void;
  readonly onReload: () => void;
};

function whyNotOf(gate: GateView, subject: SubjectView | undefined): string | undefined {
  if (!gate.mayDecide) return gate.whyNot ?? 'Your roles do not allow a decision here.';
  if (!subject) return 'What would be signed could not be loaded, so there is nothing to decide on.';
  return subject.isGenuine ? undefined : 'The text shown does not match its digest. Do not decide on it; tell an operator.';
}

/** Stays in reach at the window's lower edge; it is part of the page, so the end of the page is never under it. */
export function DecisionBar({ requestId, gate, subject, onTold, onReload }: Props) {
  const [asking, setAsking] = useState<Asking>();
  const { decide, isSending, told, forget } = useDecision(requestId, onTold);
  const open = gate?.state === 'open' && gate.digest ? { ...gate, digest: gate.digest } : undefined;
  if (!open && !told && !asking) return null;
  const whyNot = open && whyNotOf(open, subject);

  const send = async (reason: string): Promise<boolean> => {
    if (!asking) return false;
    const { outcome } = await decide({ ...asking, reason });
    setAsking(undefined);
    return outcome !== 'refused';
  };
  const reload = (): void => {
    forget();
    onReload();
  };
  return (
    <div className="sticky bottom-0 -mx-4 border-t border-line bg-paper px-4 py-3" role="region" aria-label="Decision" data-testid="decision-bar">
      <div aria-live="polite">{told ? <div className={open ? 'mb-3' : ''}><OutcomeMessage told={told} onReload={reload} /></div> : null}</div>
      {open ? (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <Button look="strong" disabled={isSending || whyNot !== undefined} data-testid="decide-approve" aria-describedby="why-not" onClick={() => void decide({ gate: open.name, digest: open.digest, verdict: 'approve' })}>
            {isSending && !asking ? 'Recording…' : verbOf('approve', open.name)}
          </Button>
          <Button disabled={isSending || whyNot !== undefined} data-testid="decide-request-changes" aria-describedby="why-not" onClick={() => setAsking({ gate: open.name, digest: open.digest, verdict: 'request_changes' })}>
            Request changes
          </Button>
          <Button look="refuse" disabled={isSending || whyNot !== undefined} data-testid="decide-reject" aria-describedby="why-not" onClick={() => setAsking({ gate: open.name, digest: open.digest, verdict: 'reject' })}>
            Reject
          </Button>
          <p id="why-not" className="min-w-0 text-13 text-muted" data-testid="why-not">
            {whyNot ? <Quoted>{whyNot}</Quoted> : <>You decide on {GATE_WORDS[open.name]} <code className="text-ink">{shortDigest(open.digest)}</code></>}
          </p>
        </div>
      ) : null}
      {asking ? <ReasonDialog requestId={requestId} word={asking} isSending={isSending} onSend={send} onClose={() => setAsking(undefined)} /> : null}
    </div>
  );
}
