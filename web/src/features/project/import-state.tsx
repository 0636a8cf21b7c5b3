import type { ImportState } from '../../graphql/generated/graphql';
import type { IconName } from '../page/icon';
import { Mark, type Tone } from '../page/tone';
import { Quoted } from '../text/quoted';

const LOOKS: Readonly<Record<ImportState, readonly [word: string, icon: IconName, tone: Tone]>> = {
  importing: ['importing', 'running', 'info'],
  ready: ['ready', 'check', 'ink'],
  failed: ['import failed', 'cross', 'refused'],
};

export function ImportMark({ state, progress }: { readonly state: ImportState; readonly progress?: string }) {
  const [word, icon, tone] = LOOKS[state];
  return (
    <span className="inline-flex flex-wrap gap-x-2 text-14" data-testid="import-state" data-state={state}>
      <Mark icon={icon} tone={tone}>{word}</Mark>
      {state === 'importing' && progress ? <span className="text-muted"><Quoted>{progress}</Quoted></span> : null}
    </span>
  );
}
