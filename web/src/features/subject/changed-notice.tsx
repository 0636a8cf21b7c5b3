import { Button } from '../form/button';
import { shortDigest } from '../gate/digest';
import { GATE_WORDS } from '../gate/gate-words';
import { Notice } from '../page/tone';
import type { Matter } from '../request/request-view';
import { Revealed } from '../text/revealed';
import { changesBetween } from './parsed-subject';

const MAX_LISTED = 30;
const MAX_CHARS = 300;

function Side({ text, word }: { readonly text: string | undefined; readonly word: string }) {
  if (text === undefined) return null;
  const more = text.length - MAX_CHARS;
  return <p className="wrap-text text-13"><span className="text-muted">{word} </span><bdi><Revealed>{text.slice(0, MAX_CHARS)}</Revealed></bdi>{more > 0 ? <span className="text-muted"> … and {more} more characters; the whole text is below</span> : null}</p>;
}

function Changes({ before, after }: { readonly before: string; readonly after: string }) {
  const changes = changesBetween(before, after);
  return (
    <ul className="grid max-h-80 gap-2 overflow-y-auto" tabIndex={0} aria-label="What changed" data-testid="what-changed">
      {changes.slice(0, MAX_LISTED).map(({ path, was, is }) => (
        <li key={path} className="border-l-2 border-line pl-3">
          <code className="text-13"><Revealed>{path}</Revealed></code>
          <Side word="was" text={was} />
          <Side word="is" text={is} />
        </li>
      ))}
      {changes.length > MAX_LISTED ? <li className="text-13">and {changes.length - MAX_LISTED} more</li> : null}
    </ul>
  );
}

type Props = { readonly shown: Matter; readonly now: Matter; readonly onLoad: () => void };

/** The page below stays as the reader knows it until they ask for the other. */
export function ChangedNotice({ shown, now, onLoad }: Props) {
  if (!now.gate?.digest) return null;
  return (
    <Notice tone="waiting" title="This changed while you were reading" data-testid="changed-notice">
      <p>
        Open now is the {GATE_WORDS[now.gate.name]}, revision {now.gate.revision} <code>{shortDigest(now.gate.digest)}</code>.
        {shown.gate?.digest ? <> You are looking at <code>{shortDigest(shown.gate.digest)}</code>; a decision on it is refused.</> : null}
      </p>
      <p><Button onClick={onLoad} data-testid="load-current">Show what is open now</Button></p>
    </Notice>
  );
}

/** After the other was loaded: what is different from what was read before. */
export function WhatChanged({ before, after }: { readonly before: string; readonly after: string }) {
  return (
    <details open className="panel">
      <summary className="text-14 font-medium">What changed since you looked</summary>
      <div className="mt-2"><Changes before={before} after={after} /></div>
    </details>
  );
}
