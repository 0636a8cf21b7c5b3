'use client';

import { useState } from 'react';

import type { Verdict } from '../../graphql/generated/graphql';
import { Button } from '../form/button';
import type { GateView, Matter, RequestDetail, SubjectView, Viewer } from '../request/request-view';
import { Quoted } from '../text/quoted';
import { verbOf } from './gate-words';
import { HiddenBanner } from './hidden-banner';
import { OutcomeMessage } from './outcome-message';
import { ReasonDialog } from './reason-dialog';
import { type Signing, SignedWords } from './signed-words';
import { type Told, useDecision } from './use-decision';

type Asking = { readonly signing: Signing; readonly verdict: Exclude<Verdict, 'approve'> };

type Props = {
  readonly request: RequestDetail;
  readonly viewer: Viewer;
  /** What was shown, which may no longer be what is open. */
  readonly matter: Matter;
  readonly onTold: (told: Told) => void;
  readonly onReload: () => void;
};

function whyNotOf(gate: GateView, subject: SubjectView | undefined): string | undefined {
  if (!gate.mayDecide) return gate.whyNot ?? 'Your roles do not allow a decision here.';
  if (!subject) return 'What would be signed could not be loaded, so there is nothing to decide on.';
  return subject.isGenuine ? undefined : 'The text shown does not match its digest. Do not decide on it; tell an operator.';
}

/** Stays in reach at the window's lower edge; it is part of the page, so the end of the page is never under it. */
export function DecisionBar({ request, viewer, matter, onTold, onReload }: Props) {
  const { gate, subject } = matter;
  const [asking, setAsking] = useState<Asking>();
  const { decide, isSending, told, forget } = useDecision(request.id, onTold);
  const open = gate?.state === 'open' && gate.digest ? { ...gate, digest: gate.digest } : undefined;
  if (!open && !told && !asking) return null;
  const whyNot = open && whyNotOf(open, subject);
  // What others have decided since is counted, as long as it is the same content.
  const fresh = open && request.gates.find(({ name, digest }) => name === open.name && digest === open.digest);
  const signing = open && { request, viewer, gate: { ...(fresh ?? open), digest: open.digest } };

  const send = async (reason: string): Promise<boolean> => {
    if (!asking) return false;
    const { signing: asked, verdict } = asking;
    const { outcome } = await decide({ gate: asked.gate.name, digest: asked.gate.digest, verdict, reason });
    setAsking(undefined);
    return outcome !== 'refused';
  };
  const reload = (): void => {
    forget();
    onReload();
  };
  return (
    <div className="sticky bottom-0 -mx-4 max-h-[50vh] overflow-y-auto border-t border-line bg-paper px-4 py-3" role="region" aria-label="Decision" data-testid="decision-bar">
      <div aria-live="polite">{told ? <div className={open ? 'mb-3' : ''}><OutcomeMessage told={told} onReload={reload} /></div> : null}</div>
      {open && signing ? (
        <div className="grid gap-2">
          {whyNot ? null : <HiddenBanner matter={matter} />}
          {whyNot ? null : <SignedWords signing={signing} verdict="approve" id="signed-words" />}
          <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
            <Button look="strong" disabled={isSending || whyNot !== undefined} data-testid="decide-approve" aria-describedby={whyNot ? 'why-not' : 'signed-words'} onClick={() => void decide({ gate: open.name, digest: open.digest, verdict: 'approve' })}>
              {isSending && !asking ? 'Recording…' : verbOf('approve', open.name)}
            </Button>
            <Button disabled={isSending || whyNot !== undefined} data-testid="decide-request-changes" aria-describedby={whyNot ? 'why-not' : undefined} onClick={() => setAsking({ signing, verdict: 'request_changes' })}>
              Request changes
            </Button>
            <Button look="refuse" disabled={isSending || whyNot !== undefined} data-testid="decide-reject" aria-describedby={whyNot ? 'why-not' : undefined} onClick={() => setAsking({ signing, verdict: 'reject' })}>
              Reject
            </Button>
            {whyNot ? <p id="why-not" className="min-w-0 text-13 text-muted" data-testid="why-not"><Quoted>{whyNot}</Quoted></p> : null}
          </div>
        </div>
      ) : null}
      {asking ? <ReasonDialog {...asking} isSending={isSending} onSend={send} onClose={() => setAsking(undefined)} /> : null}
    </div>
  );
}
