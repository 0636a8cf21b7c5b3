'use client';

import { useRouter } from 'next/navigation';
import { useRef, useState } from 'react';

import { Button } from '../form/button';
import { Field } from '../form/field';
import { ActKey } from '../gateway/act-key';
import type { Failure } from '../gateway/answer';
import { mutate } from '../gateway/call';
import { Notice } from '../page/tone';
import { Quoted } from '../text/quoted';
import { CreateRequestMutation } from './new-request.query';
import { OfflineHint } from './offline-hint';

const MAX_BODY_BYTES = 64 * 1024;
const MAX_TITLE_CHARS = 200;

type Props = { readonly projects: readonly { readonly name: string; readonly branch: string; readonly isReady: boolean }[] };

export function NewRequestForm({ projects }: Props) {
  const router = useRouter();
  const key = useRef(new ActKey());
  const [failure, setFailure] = useState<Failure>();
  const [isSending, setSending] = useState(false);
  const errorOf = (field: string): string | undefined => (failure?.field === field ? failure.message : undefined);

  const send = async (form: FormData): Promise<void> => {
    const text = (name: string): string => String(form.get(name) ?? '');
    const body = text('body').replaceAll('\r\n', '\n');
    if (new TextEncoder().encode(body).length > MAX_BODY_BYTES) {
      return setFailure({ code: 'INVALID_INPUT', field: 'body', message: 'The text is longer than 64 kB.' });
    }
    setSending(true);
    const input = { project: text('project'), title: text('title'), body };
    const answer = await mutate(key.current.of(input), CreateRequestMutation, { input });
    if (answer.ok) return router.push(`/requests/${encodeURIComponent(answer.data.createRequest.id)}`);
    key.current.answered(answer.failure.code);
    setFailure(answer.failure);
    setSending(false);
  };
  return (
    <form
      className="grid max-w-3xl gap-5"
      data-testid="new-request"
      onSubmit={(event) => {
        event.preventDefault();
        void send(new FormData(event.currentTarget));
      }}
    >
      <Field id="project" label="Project" error={errorOf('project')}>
        {(bound) => (
          <select {...bound} name="project" required className="field" data-testid="project">
            {projects.map(({ name, branch, isReady }) => <option key={name} value={name} disabled={!isReady}>{`${name} (${branch})${isReady ? '' : ': still being imported'}`}</option>)}
          </select>
        )}
      </Field>
      <Field id="title" label="Title" error={errorOf('title')}>
        {(bound) => <input {...bound} name="title" required maxLength={MAX_TITLE_CHARS} className="field" data-testid="title" />}
      </Field>
      <Field id="body" label="What should change" hint={<OfflineHint />} error={errorOf('body')}>
        {(bound) => <textarea {...bound} name="body" rows={8} className="field font-mono text-14" spellCheck={false} data-testid="body" />}
      </Field>
      <div aria-live="polite">
        {failure ? <Notice tone="refused" title="No request was made" data-testid="failure" data-code={failure.code}><p><Quoted>{failure.message}</Quoted> <code className="text-13 text-muted">{failure.code}</code></p></Notice> : null}
      </div>
      <div><Button type="submit" look="strong" disabled={isSending} data-testid="submit">{isSending ? 'Sending…' : 'Ask for this change'}</Button></div>
    </form>
  );
}
