'use client';

import { useEffect, useState } from 'react';

import type { Verdict } from '../../graphql/generated/graphql';
import { Button } from '../form/button';
import { Field } from '../form/field';
import { Modal } from '../form/modal';
import { consequenceOf, verbOf } from './gate-words';
import { type Signing, SignedWords } from './signed-words';

const MAX_REASON_CHARS = 4000;

type Props = {
  /** The gate as it was shown when the dialog opened. */
  readonly signing: Signing;
  readonly verdict: Exclude<Verdict, 'approve'>;
  readonly isSending: boolean;
  readonly onSend: (reason: string) => Promise<boolean>;
  readonly onClose: () => void;
};

/** Asks why. What was typed survives a refusal, a closed dialog and a reload. */
export function ReasonDialog({ signing, verdict, isSending, onSend, onClose }: Props) {
  const gate = signing.gate.name;
  const draftKey = `countersign:reason:${signing.request.id}:${gate}`;
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
    <Modal title={verbOf(verdict, gate)} onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <SignedWords signing={signing} verdict={verdict} />
        <p className="text-14 text-muted">{consequenceOf(verdict, gate)}</p>
        <Field id="reason" label="Reason" error={error}>
          {(bound) => (
            <textarea {...bound} data-first-focus data-testid="reason" rows={5} maxLength={MAX_REASON_CHARS} className="field" value={reason} onChange={(event) => change(event.target.value)} />
          )}
        </Field>
        <div className="flex flex-wrap justify-end gap-3">
          <Button onClick={onClose} data-testid="dialog-cancel">Back</Button>
          <Button type="submit" look={verdict === 'reject' ? 'refuse' : 'strong'} disabled={isSending} data-testid="submit-decision">
            {isSending ? 'Recording…' : verbOf(verdict, gate)}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
