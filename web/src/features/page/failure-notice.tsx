import { Quoted } from '../text/quoted';
import type { Failure } from '../gateway/answer';
import { Notice } from './tone';

const TITLES: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'The gateway does not accept this sign-in',
  FORBIDDEN: 'You may not see this',
  ROLE_MISSING: 'Your roles do not allow seeing this',
  NOT_FOUND: 'There is nothing here, or you may not see it',
  RATE_LIMITED: 'Too many requests',
};

/** A page that could not be loaded: what happened, and what to do. */
export function FailureNotice({ failure }: { readonly failure: Failure }) {
  return (
    <Notice tone="refused" title={TITLES[failure.code] ?? 'This could not be loaded'} data-testid="failure" data-code={failure.code}>
      <p>
        <Quoted>{failure.message}</Quoted> <code className="text-13 text-muted">{failure.code}</code>
      </p>
      <p>
        {failure.code === 'UNAUTHENTICATED' ? (
          <a className="link" href="/auth/login">Sign in again</a>
        ) : (
          <a className="link" href="">Try again</a>
        )}
      </p>
    </Notice>
  );
}
