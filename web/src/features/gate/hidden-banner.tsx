import { useMemo } from 'react';

import { Mark } from '../page/tone';
import type { Matter } from '../request/request-view';
import { hiddenIn, hiddenWords, textsOf } from '../text/hidden';

/** The subject itself and, where a change is decided on, the change. */
function textsToSign({ gate, subject, documents }: Matter): readonly string[] {
  const change = gate?.name === 'diff' || gate?.name === 'merge' ? documents.diff?.text : undefined;
  return [...(subject ? textsOf(subject.text) : []), ...(change === undefined ? [] : [change])];
}

/** What the text that is decided on hides, counted over all of it, folded parts too. */
export function HiddenBanner({ matter }: { readonly matter: Matter }) {
  const words = useMemo(() => hiddenWords(hiddenIn(textsToSign(matter))), [matter]);
  const isCut = textsToSign(matter).length > 1 && matter.documents.diff?.truncated === true;
  return (
    <p className="text-13" data-testid="hidden-banner" data-kinds={words.length}>
      {words.length === 0 ? (
        <span className="text-muted">Nothing in it is hidden: what you see is what you sign.</span>
      ) : (
        <Mark icon="warning" tone="waiting" isWrapping>{`It holds ${words.join(', ')}, made visible above: what you see is what you sign.`}</Mark>
      )}
      {isCut ? <span className="text-waiting"> Counted in the part of the change that is shown.</span> : null}
    </p>
  );
}
