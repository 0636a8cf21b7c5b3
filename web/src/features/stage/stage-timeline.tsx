import type { StageState } from '../../graphql/generated/graphql';
import type { IconName } from '../page/icon';
import { Mark, type Tone } from '../page/tone';
import type { RequestDetail } from '../request/request-view';
import { Quoted } from '../text/quoted';
import { Took, When } from '../time/when';

const LOOKS: Readonly<Record<StageState, readonly [word: string, icon: IconName, tone: Tone]>> = {
  waiting: ['not begun', 'circle', 'muted'],
  running: ['running', 'running', 'info'],
  done: ['done', 'check', 'ink'],
  stopped: ['stopped', 'cross', 'refused'],
};

const isName = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1).toLowerCase().replaceAll('_', ' ');

export function StageTimeline({ stages }: { readonly stages: RequestDetail['stages'] }) {
  if (stages.length === 0) return null;
  return (
    <ol className="grid" aria-label="Stages">
      {stages.map(({ name, state, startedAt, endedAt, attempts }) => {
        const [word, icon, tone] = LOOKS[state];
        return (
          <li key={name} className="flex flex-wrap items-center gap-x-4 border-b border-line py-1.5 text-14" data-testid="stage" data-stage={name} data-state={state}>
            <span className={`w-36 font-medium ${state === 'waiting' ? 'text-muted' : ''}`}><Quoted>{isName(name)}</Quoted></span>
            <span className="w-28"><Mark icon={icon} tone={tone}>{word}</Mark></span>
            <span className="text-13 text-muted tabular-nums">
              {startedAt ? <Took from={startedAt} to={endedAt} /> : null}
              {attempts > 1 ? ` · ${attempts} attempts` : null}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

export function EventList({ events }: { readonly events: RequestDetail['events'] }) {
  if (events.length === 0) return null;
  return (
    <details className="panel">
      <summary className="text-14">Everything that happened ({events.length})</summary>
      <ol className="mt-3 grid gap-1.5 text-14">
        {events.map(({ seq, at, actor, text }) => (
          <li key={seq} className="grid gap-x-4 sm:grid-cols-[9rem_minmax(0,1fr)]">
            <span className="text-13 text-muted"><When at={at} /></span>
            <span className="min-w-0"><Quoted>{text}</Quoted>{actor ? <span className="text-muted"> · <Quoted>{actor}</Quoted></span> : null}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
