import { Digest } from '../gate/digest';
import { GATE_WORDS } from '../gate/gate-words';
import { Notice } from '../page/tone';
import type { Documents, GateView, SubjectView } from '../request/request-view';
import { AuthorLabel } from '../request/author-label';
import { CodeBlock } from '../text/quoted';
import { Prose } from '../text/prose';
import { JsonFields } from './json-fields';
import { parsedSubject } from './parsed-subject';
import { PlanView, planOf } from './plan-view';

function SubjectBody({ text }: { readonly text: string }) {
  const record = parsedSubject(text);
  if (!record) return <CodeBlock label="Subject document">{text}</CodeBlock>;
  const { plan, ...others } = record;
  const known = planOf(plan);
  return (
    <div className="grid gap-5">
      {known ? <PlanView value={known} /> : null}
      <JsonFields record={known ? others : record} />
    </div>
  );
}

type Props = { readonly gate: GateView | undefined; readonly subject: SubjectView | undefined; readonly documents: Documents };

/** The subject document itself, every member of it: what the digest covers, and nothing beside it. */
export function SubjectPanel({ gate, subject, documents }: Props) {
  if (!gate || !subject) {
    const draft = documents.plan ?? documents.spec;
    if (!draft) return <p className="text-14 text-muted">Nothing to approve has been written yet.</p>;
    return <div className="panel grid gap-2"><Prose>{draft.text}</Prose><AuthorLabel author={draft.author} /></div>;
  }
  return (
    <div className="panel grid gap-4" data-testid="subject" data-gate={gate.name} data-revision={subject.revision}>
      <p className="flex flex-wrap items-baseline gap-x-4 gap-y-1 text-14">
        <span className="font-medium">The {GATE_WORDS[gate.name]}, revision {subject.revision}</span>
        <Digest digest={subject.digest} testId="gate-digest" />
      </p>
      {subject.isGenuine ? null : (
        <Notice tone="refused" title="This text does not match its digest">
          <p>Do not decide on it. Tell an operator which request this is.</p>
        </Notice>
      )}
      <SubjectBody text={subject.text} />
      <details open>
        <summary className="text-13 text-muted">The exact document that the digest covers</summary>
        <div className="mt-2 grid gap-2">
          <p className="text-13 text-muted">Its SHA-256 is <code className="[overflow-wrap:anywhere]">{subject.digest}</code></p>
          <CodeBlock label="Exact subject document">{subject.text}</CodeBlock>
        </div>
      </details>
    </div>
  );
}
