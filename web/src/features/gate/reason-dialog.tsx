'use client';

import { useEffect, useState } from 'react';

import type { Verdict } from '../../graphql/generated/graphql';
import { Button } from '../form/button';
import { Field } from '../form/field';
import { Modal } from '../form/modal';
import { shortDigest } from './digest';
import { consequenceOf, verbOf } from './gate-words';
import type { Word } from './use-decision';

const MAX_REASON_CHARS = 4000;

type Props = {
  readonly requestId: string;
  /** Gate and digest as they were shown when the dialog opened. */
  readonly word: Omit<Word, 'verdict' | 'reason'> & { readonly verdict: Exclude<Verdict, 'approve'> };
  readonly isSending: boolean;
  readonly onSend: (reason: string) => Promise<boolean>;
  readonly onClose: () => void;
};

/** Asks why. What was typed survives a refusal, a closed dialog and a reload. */
export function ReasonDialog({ requestId, word, isSending, onSend, onClose }: Props) {
  const draftKey = `countersign:reason:${requestId}:${word.gate}`;
  const [reason, setReason] = useState('');
  const [error, setError] = useState<string>();
  useEffect(() => setReason(sessionStorage.getItem(draftKey) ?? ''), [draftKey]);
  const change = (text: string): void => {
    setReason(text);
    sessionStorage.setItem(draftKey, text);
    if (text.trim()) setError(undefined);
  };
  const send = async (): Promise<void> => {
    if (!reason.trim()) return setError('Say why: it is recorded with the decision.');
    if (await onSend(reason.trim())) sessionStorage.removeItem(draftKey);
  };
  return (
    <Modal title={verbOf(word.verdict, word.gate)} onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <p className="text-14 text-muted">
          {consequenceOf(word.verdict, word.gate)} You decide on <code className="text-ink">{shortDigest(word.digest)}</code>.
        </p>
        <Field id="reason" label="Reason" error={error}>
          {(bound) => (
            <textarea {...bound} data-first-focus data-testid="reason" rows={5} maxLength={MAX_REASON_CHARS} className="field" value={reason} onChange={(event) => change(event.target.value)} />
          )}
        </Field>
        <div className="flex flex-wrap justify-end gap-3">
          <Button onClick={onClose} data-testid="dialog-cancel">Back</Button>
          <Button type="submit" look={word.verdict === 'reject' ? 'refuse' : 'strong'} disabled={isSending} data-testid="submit-decision">
            {isSending ? 'Recording…' : verbOf(word.verdict, word.gate)}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
