import { CopyButton } from '../page/copy-button';

/** `9f3a·61c2`: the first 8 hex digits, the form that people compare. */
export function shortDigest(digest: string): string {
  return `${digest.slice(0, 4)}·${digest.slice(4, 8)}`;
}

export function Digest({ digest, testId }: { readonly digest: string; readonly testId?: string }) {
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-3">
      <code title={digest} data-testid={testId} data-digest={digest}>{shortDigest(digest)}</code>
      <CopyButton text={digest}>Copy full digest</CopyButton>
    </span>
  );
}
