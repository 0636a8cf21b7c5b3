import type { State } from '../../graphql/generated/graphql';
import type { IconName } from '../page/icon';
import { Mark, type Tone } from '../page/tone';

type Look = { readonly word: string; readonly icon: IconName; readonly tone: Tone };

const working = (word: string): Look => ({ word, icon: 'running', tone: 'info' });
const asking = (word: string): Look => ({ word, icon: 'clock', tone: 'waiting' });
const stopped = (word: string): Look => ({ word, icon: 'cross', tone: 'refused' });

const LOOKS: Readonly<Record<State, Look>> = {
  RECEIVED: working('Received'),
  SPECIFYING: working('Writing the spec'),
  SPEC_REVIEW: asking('Spec review'),
  PLANNING: working('Planning'),
  PLAN_REVIEW: asking('Plan review'),
  QUEUED: working('Queued'),
  EXECUTING: working('Executing'),
  CHECKING: working('Checking'),
  DIFF_REVIEW: asking('Diff review'),
  PUBLISHING: working('Publishing'),
  REVIEWING: working('Reviewing'),
  MERGE_REVIEW: asking('Merge review'),
  MERGING: working('Merging'),
  DONE: { word: 'Done', icon: 'check', tone: 'ink' },
  REJECTED: stopped('Rejected'),
  CANCELLED: { word: 'Cancelled', icon: 'minus', tone: 'muted' },
  EXPIRED: stopped('Expired'),
  FAILED: stopped('Failed'),
};

const ENDED: ReadonlySet<State> = new Set<State>(['DONE', 'REJECTED', 'CANCELLED', 'EXPIRED', 'FAILED']);

export const isEnded = (state: State): boolean => ENDED.has(state);
export const stateWord = (state: State): string => LOOKS[state].word;

export function StateBadge({ state, paused = false }: { readonly state: State; readonly paused?: boolean }) {
  const { word, icon, tone } = LOOKS[state];
  const isHeld = paused && !isEnded(state);
  return (
    <span className="inline-flex flex-wrap gap-x-3 text-14 font-medium" data-testid="state-badge" data-state={state} data-paused={String(isHeld)}>
      <Mark icon={icon} tone={tone}>{word}</Mark>
      {isHeld ? <Mark icon="pause" tone="waiting">Paused</Mark> : null}
    </span>
  );
}
