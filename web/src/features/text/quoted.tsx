import { Revealed } from './revealed';
import { visible, withoutReturns } from './visible';

/** One line of text that is not ours; its blanks are as many as they are. */
export function Quoted({ children }: { readonly children: string }) {
  return <bdi className="wrap-text"><Revealed>{children}</Revealed></bdi>;
}

/** Several lines of text that is not ours, as they were written. */
export function QuotedBlock({ children }: { readonly children: string }) {
  return (
    <blockquote className="wrap-text border-l-2 border-line pl-3">
      <bdi><Revealed>{withoutReturns(children)}</Revealed></bdi>
    </blockquote>
  );
}

const EDGE_OR_BREAK = /^ | $|[\n\t]/g;
const NAMES: Readonly<Record<string, string>> = { ' ': '⟦blank⟧', '\n': '⟦U+000A⟧', '\t': '⟦U+0009⟧' };

/** A name of a file: a line break in it, or a blank at its end, would make it look like another. */
export function FileName({ children }: { readonly children: string }) {
  return <bdi className="wrap-text font-mono">{visible(children).replace(EDGE_OR_BREAK, (found) => NAMES[found] ?? found)}</bdi>;
}

/** Lines wrap: nothing of them is to the right of what is seen. */
export function CodeBlock({ children, label }: { readonly children: string; readonly label: string }) {
  // A block that scrolls must be reachable by keyboard.
  return (
    <pre className="code-block wrap-text max-h-[32rem] overflow-y-auto" tabIndex={0} aria-label={label} role="region">
      <Revealed>{children}</Revealed>
    </pre>
  );
}
