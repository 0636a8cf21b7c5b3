import { z } from 'zod';

import { Mark, type Tone } from '../page/tone';
import { FileName, Quoted, QuotedBlock } from '../text/quoted';
import { AuthorLabel } from '../request/author-label';
import { JsonFields } from './json-fields';

const file = z.looseObject({ path: z.string(), change: z.string(), places: z.number().optional() });
const step = z.looseObject({
  title: z.string(),
  instruction: z.string(),
  files: z.array(file),
  commands: z.array(z.array(z.string())),
});
const plan = z.looseObject({
  summary: z.string(),
  steps: z.array(step),
  risk: z.looseObject({ level: z.string(), reasons: z.array(z.string()) }),
  author: z.string(),
});
type Plan = z.infer<typeof plan>;
type Step = Plan['steps'][number];

export function planOf(value: unknown): Plan | undefined {
  return plan.safeParse(value).data;
}

const RISK_TONES: Readonly<Record<string, Tone>> = { low: 'ink', medium: 'waiting', high: 'refused' };

/** One argument per box: spaces and empty arguments stay visible. */
function Command({ argv }: { readonly argv: readonly string[] }) {
  return (
    <code className="inline-flex flex-wrap gap-1 text-13">
      {argv.map((argument, index) => <span key={index} className="wrap-text rounded-6 border border-line px-1"><Quoted>{argument}</Quoted></span>)}
    </code>
  );
}

function PlannedFile({ value }: { readonly value: Step['files'][number] }) {
  const { path, change, places, ...more } = value;
  return (
    <li className="text-13">
      <FileName>{path}</FileName>{' '}
      <span className={change === 'delete' ? 'text-refused' : 'text-muted'}>
        <Quoted>{change}</Quoted>{places === undefined ? '' : ` · ${places} ${places === 1 ? 'place' : 'places'}`}
      </span>
      {Object.keys(more).length > 0 ? <JsonFields record={more} /> : null}
    </li>
  );
}

function StepItem({ value, number }: { readonly value: Step; readonly number: number }) {
  const { title, instruction, files, commands, ...more } = value;
  return (
    <li className="grid gap-2 border-l-2 border-line pl-3">
      <p className="font-medium"><span className="text-muted">Step {number}</span> <Quoted>{title}</Quoted></p>
      {instruction === title ? null : <QuotedBlock>{instruction}</QuotedBlock>}
      {files.length > 0 ? <ul className="grid gap-0.5" aria-label="Files of this step">{files.map((item, index) => <PlannedFile key={index} value={item} />)}</ul> : <p className="text-13 text-muted">Touches no file.</p>}
      {commands.length > 0 ? <div className="grid gap-1 text-13"><span className="text-muted">Runs</span>{commands.map((argv, index) => <Command key={index} argv={argv} />)}</div> : null}
      {Object.keys(more).length > 0 ? <JsonFields record={more} /> : null}
    </li>
  );
}

export function PlanView({ value }: { readonly value: Plan }) {
  const { summary, steps, risk, author, ...more } = value;
  const { level, reasons, ...moreRisk } = risk;
  return (
    <div className="grid gap-4 text-14">
      <div className="grid gap-1">
        <QuotedBlock>{summary}</QuotedBlock>
        <AuthorLabel author={author} />
      </div>
      <p className="flex flex-wrap gap-x-2">
        <span className="text-muted">Risk</span>
        <Mark icon={level === 'low' ? 'minus' : 'warning'} tone={RISK_TONES[level] ?? 'refused'}><Quoted>{level}</Quoted></Mark>
        {reasons.length > 0 ? <span className="min-w-0"><Quoted>{reasons.join('; ')}</Quoted></span> : null}
      </p>
      {Object.keys(moreRisk).length > 0 ? <JsonFields record={moreRisk} /> : null}
      <ol className="grid gap-4" aria-label="Steps">{steps.map((item, index) => <StepItem key={index} value={item} number={index + 1} />)}</ol>
      <JsonFields record={more} />
    </div>
  );
}
