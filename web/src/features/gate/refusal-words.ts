/** What a refusal means for the person who pressed the button. The API's own message is shown beside it. */
const WORDS: Readonly<Record<string, string>> = {
  STALE_DIGEST: 'What is open now is not what you were shown.',
  STALE_REVISION: 'A newer revision is open than the one you were shown.',
  GATE_CLOSED: 'This gate has closed: somebody decided first, or the request went on.',
  GATE_NOT_PASSED: 'An earlier gate has to be passed first.',
  OWN_REQUEST: 'You asked for this change, so somebody else has to decide on it.',
  ALREADY_VOTED: 'You have already decided on exactly this.',
  ROLE_MISSING: 'Your roles do not allow this decision.',
  FORBIDDEN: 'Your roles do not allow this.',
  ACTOR_INACTIVE: 'Your access is suspended.',
  POLICY_DENIED: 'The project’s policy does not allow it.',
  POLICY_CHANGED: 'The policy changed since the page was loaded.',
  REQUEST_ENDED: 'The request has ended.',
  BUDGET_NOT_RAISED: 'These limits raise nothing, or lower something.',
  NOT_PAUSED: 'The request is not paused.',
  ALREADY_PAUSED: 'The request is already paused.',
  RUN_SUPERSEDED: 'The run of this request was superseded; an admin has to repair it.',
  RATE_LIMITED: 'Too many requests in a short time. Try again in a minute.',
  IDEMPOTENCY_MISMATCH: 'This press was already used for something else. Reload the page.',
  UNAUTHENTICATED: 'You are signed out. Sign in again; nothing was recorded.',
  SERVICE_UNAVAILABLE: 'It could not be delivered. Nothing is known to be recorded; try again.',
  DEADLINE_EXCEEDED: 'It took too long to answer. Look at the record below before you try again.',
};

export function refusalWords(code: string | null | undefined): string {
  return (code && WORDS[code]) || 'This was refused; nothing changed.';
}

const STALE: ReadonlySet<string> = new Set(['STALE_DIGEST', 'STALE_REVISION', 'GATE_CLOSED']);
export const isStaleRefusal = (code: string | null | undefined): boolean => Boolean(code && STALE.has(code));
