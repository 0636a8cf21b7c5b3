'use client';

import { useRouter } from 'next/navigation';
import { useRef, useState } from 'react';

import { Button } from '../form/button';
import { Field } from '../form/field';
import { refusalWords } from '../gate/refusal-words';
import { ActKey } from '../gateway/act-key';
import { mutate } from '../gateway/call';
import type { RequestDetail } from '../request/request-view';
import { Quoted, QuotedBlock } from '../text/quoted';
import { When } from '../time/when';
import { CommentMutation } from './comment.mutation';

const MAX_CHARS = 10_000;

function CommentForm({ requestId }: { readonly requestId: string }) {
  const router = useRouter();
  const key = useRef(new ActKey());
  const [text, setText] = useState('');
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<string>();
  const send = async (): Promise<void> => {
    if (!text.trim()) return setError('Write something first.');
    setSending(true);
    const answer = await mutate(key.current.of(text), CommentMutation, { input: { id: requestId, text } });
    setSending(false);
    const refused = answer.ok ? (answer.data.comment.outcome === 'refused' ? answer.data.comment : undefined) : answer.failure;
    key.current.answered(refused?.code);
    if (refused) return setError(`${refusalWords(refused.code)} ${refused.message ?? ''}`);
    setText('');
    setError(undefined);
    router.refresh();
  };
  return (
    <form
      className="grid justify-items-start gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div className="w-full">
        <Field id="comment" label="Comment" error={error}>
          {(bound) => <textarea {...bound} rows={2} maxLength={MAX_CHARS} className="field" data-testid="comment-text" value={text} onChange={(event) => setText(event.target.value)} />}
        </Field>
      </div>
      <Button type="submit" disabled={isSending} data-testid="comment-submit">{isSending ? 'Sending…' : 'Add comment'}</Button>
    </form>
  );
}

/** A model's words must never pass for a person's: they carry its label and stand further in. */
function CommentItem({ comment }: { readonly comment: RequestDetail['comments'][number] }) {
  const { author, text, at, byModel, answers, pending } = comment;
  return (
    <li className={`grid gap-1 ${answers ? 'border-l border-line pl-3' : ''}`} data-testid={answers ? 'answer' : 'comment'} data-by-model={byModel} aria-busy={pending}>
      <p>
        <span className="font-medium"><Quoted>{author}</Quoted></span>{' '}
        {byModel || pending ? <span className="rounded-6 border border-muted px-1.5 text-13 whitespace-nowrap">model</span> : null}{' '}
        <span className="text-13 text-muted"><When at={at} /></span>
      </p>
      {pending ? <p className="text-14 text-muted" role="status"><Quoted>{text}</Quoted></p> : <QuotedBlock>{text}</QuotedBlock>}
    </li>
  );
}

export function CommentThread({ request }: { readonly request: RequestDetail }) {
  const { comments, may, id } = request;
  return (
    <div className="grid gap-3">
      <h3 className="font-semibold">Comments</h3>
      {comments.length === 0 ? <p className="text-14 text-muted">None yet.</p> : null}
      <ol className="grid gap-3 text-14">
        {comments.map((comment) => <CommentItem key={comment.id} comment={comment} />)}
      </ol>
      {may.comment ? <CommentForm requestId={id} /> : <p className="text-13 text-muted">Your roles do not allow comments here.</p>}
    </div>
  );
}
