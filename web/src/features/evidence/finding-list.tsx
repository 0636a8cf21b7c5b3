import type { Severity } from '../../graphql/generated/graphql';
import type { IconName } from '../page/icon';
import { Mark, type Tone } from '../page/tone';
import type { Matter } from '../request/request-view';
import { FileName, Quoted } from '../text/quoted';

const SEVERITIES: Readonly<Record<Severity, readonly [word: string, icon: IconName, tone: Tone]>> = {
  blocking: ['blocking', 'cross', 'refused'],
  warning: ['warning', 'warning', 'waiting'],
  info: ['info', 'minus', 'info'],
};

function FindingItem({ finding }: { readonly finding: Matter['findings'][number] }) {
  const { rule, severity, message, path, line, confidence } = finding;
  const [word, icon, tone] = SEVERITIES[severity];
  const isModel = confidence !== null && confidence !== undefined;
  return (
    <li className="flex flex-wrap gap-x-3" data-testid="finding" data-severity={severity} data-by-model={isModel}>
      <Mark icon={icon} tone={tone}>{isModel && severity === 'blocking' ? 'blocking, says the model' : word}</Mark>
      {path ? <code className="text-13 [overflow-wrap:anywhere]"><FileName>{path}</FileName>{line ? `:${line}` : ''}</code> : null}
      <span className="min-w-0"><Quoted>{message}</Quoted></span>
      {isModel ? (
        <span className="text-13 text-muted">
          <span className="rounded-6 border border-muted px-1.5 whitespace-nowrap text-ink">model</span> {rule.replace(/^model:/, '').replaceAll('+', ', ')}, {Math.round(confidence * 100)} % sure
        </span>
      ) : (
        <code className="text-13 text-muted"><Quoted>{rule}</Quoted></code>
      )}
    </li>
  );
}

/** What rules and the model found; a part of the change that the model did not read is said as well. */
export function FindingList({ findings, modelReview }: Pick<Matter, 'findings' | 'modelReview'>) {
  const missed = (modelReview?.passes ?? []).filter(({ error }) => error);
  if (findings.length === 0 && !modelReview) return null;
  return (
    <div className="grid gap-1">
      <h3 className="font-semibold">Findings</h3>
      {findings.length === 0 ? <p className="text-14 text-muted">None.</p> : null}
      <ul className="grid gap-1 text-14">
        {findings.map((finding, index) => <FindingItem key={index} finding={finding} />)}
      </ul>
      {modelReview ? (
        <p className="text-13 text-muted" data-testid="model-review">
          Read by <Quoted>{modelReview.reviewer}</Quoted> for {modelReview.passes.map(({ name }) => name).join(', ')}. What a model finds blocks nothing unless the project says so.
        </p>
      ) : null}
      {missed.map(({ name, error }) => (
        <p key={name} className="text-13"><Mark icon="warning" tone="waiting">{`not read for ${name}`}</Mark> <Quoted>{error ?? ''}</Quoted></p>
      ))}
    </div>
  );
}
