import { visible, visibleProse } from './visible';

/** One line of text that is not ours. */
export function Quoted({ children }: { readonly children: string }) {
  return <bdi className="[overflow-wrap:anywhere]">{visible(children)}</bdi>;
}

/** Several lines of text that is not ours, as they were written. */
export function QuotedBlock({ children }: { readonly children: string }) {
  return (
    <blockquote className="wrap-text border-l-2 border-line pl-3">
      <bdi>{visibleProse(children)}</bdi>
    </blockquote>
  );
}

export function CodeBlock({ children, label }: { readonly children: string; readonly label: string }) {
  // A block that scrolls must be reachable by keyboard.
  return (
    <pre className="code-block max-h-[32rem] overflow-y-auto" tabIndex={0} aria-label={label} role="region">
      {visible(children)}
    </pre>
  );
}
