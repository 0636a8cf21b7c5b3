import { Button } from '../form/button';
import { Notice } from '../page/tone';
import { Quoted } from '../text/quoted';
import { shortDigest } from './digest';
import { GATE_WORDS, VERDICT_PAST } from './gate-words';
import { isStaleRefusal, refusalWords } from './refusal-words';
import type { Told } from './use-decision';

type Props = { readonly told: Told; readonly onReload: () => void };

/** Success is said only after the server said it. */
export function OutcomeMessage({ told, onReload }: Props) {
  const { outcome, verdict, gate, digest, code, message } = told;
  if (outcome === 'refused') {
    return (
      <Notice tone="refused" title={refusalWords(code)} data-testid="outcome" data-outcome="refused" data-code={code ?? ''}>
        <p>
          Not recorded. {message ? <Quoted>{message}</Quoted> : null} {code ? <code className="text-13 text-muted">{code}</code> : null}
        </p>
        {isStaleRefusal(code) ? (
          <p><Button onClick={onReload} data-testid="outcome-reload">Reload and see what changed</Button></p>
        ) : null}
        {code === 'UNAUTHENTICATED' ? <p><a className="link" href="/auth/login">Sign in again</a></p> : null}
      </Notice>
    );
  }
  return (
    <Notice
      tone="info"
      title={outcome === 'pending' ? 'Recorded; being delivered' : `Recorded: ${VERDICT_PAST[verdict].toLowerCase()} · ${GATE_WORDS[gate]} ${shortDigest(digest)}`}
      data-testid="outcome"
      data-outcome={outcome}
    >
      {outcome === 'pending' ? <p>It is stored and is sent until the lifecycle has taken it. You can leave this page.</p> : null}
    </Notice>
  );
}
