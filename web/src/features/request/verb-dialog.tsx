'use client';

import { useState } from 'react';

import { Button } from '../form/button';
import { Field } from '../form/field';
import { Modal } from '../form/modal';

export type Verb = 'cancel' | 'pause' | 'resume' | 'repair';

type Texts = { readonly title: string; readonly follows: string; readonly done: string; readonly needsReason: boolean };

export const VERB_TEXTS: Readonly<Record<Verb, Texts>> = {
  cancel: { title: 'Cancel request', follows: 'Work stops, the merge request is closed, the branch and the sandbox are removed. This cannot be undone.', done: 'Recorded: cancelled.', needsReason: true },
  pause: { title: 'Pause', follows: 'Work stops until somebody resumes it. Deadlines are extended by the pause.', done: 'Recorded: paused.', needsReason: false },
  resume: { title: 'Resume', follows: 'Work goes on where it stood.', done: 'Recorded: resumed.', needsReason: false },
  repair: { title: 'Repair', follows: 'A new run takes over from the recorded state. Effects that exist are found, not made again.', done: 'Repaired.', needsReason: false },
};

type Props = { readonly verb: Verb; readonly isSending: boolean; readonly onSend: (reason: string) => Promise<void>; readonly onClose: () => void };

export function VerbDialog({ verb, isSending, onSend, onClose }: Props) {
  const [reason, setReason] = useState('');
  const [error, setError] = useState<string>();
  const { title, follows, needsReason } = VERB_TEXTS[verb];
  const send = (): void => {
    if (needsReason && !reason.trim()) setError('Say why: it is recorded.');
    else void onSend(reason.trim());
  };
  return (
    <Modal title={title} onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <p className="text-14 text-muted">{follows}</p>
        {verb === 'repair' ? null : (
          <Field id="verb-reason" label={needsReason ? 'Reason' : 'Reason (optional)'} error={error}>
            {(bound) => <textarea {...bound} data-first-focus data-testid="verb-reason" rows={3} maxLength={4000} className="field" value={reason} onChange={(event) => setReason(event.target.value)} />}
          </Field>
        )}
        <div className="flex flex-wrap justify-end gap-3">
          <Button onClick={onClose}>Back</Button>
          <Button type="submit" look={verb === 'cancel' ? 'refuse' : 'strong'} disabled={isSending} data-testid="verb-submit">{isSending ? 'Recording…' : title}</Button>
        </div>
      </form>
    </Modal>
  );
}
