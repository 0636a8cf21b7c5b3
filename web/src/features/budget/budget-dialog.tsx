'use client';

import { useState } from 'react';

import type { BudgetSubjectQuery as Preview } from '../../graphql/generated/graphql';
import { Button } from '../form/button';
import { Field } from '../form/field';
import { Modal } from '../form/modal';
import { shortDigest } from '../gate/digest';
import { refusalWords } from '../gate/refusal-words';
import type { ActKey } from '../gateway/act-key';
import { mutate, query } from '../gateway/call';
import type { RequestDetail } from '../request/request-view';
import { BudgetSubjectQuery, RaiseBudgetMutation } from './budget.query';
import { LIMIT_KINDS, LIMIT_WORDS, type LimitKind, limitText } from './budget-words';

type Said = { readonly text: string; readonly code?: string | undefined; readonly isRefused: boolean };
/** `act` outlives the dialog, which closes at any answer. */
type Props = { readonly request: RequestDetail; readonly act: ActKey; readonly onClose: () => void; readonly onTold: (said: Said) => void };
type Typed = Readonly<Record<LimitKind, string>>;

const shownAmount = (kind: LimitKind, amount: number | null): string => (amount === null ? '' : String(amount / LIMIT_WORDS[kind].unit));

function patchOf(typed: Typed): Partial<Record<LimitKind, number | null>> {
  const amount = (kind: LimitKind): number | null => (typed[kind].trim() === '' ? null : Math.round(Number(typed[kind]) * LIMIT_WORDS[kind].unit));
  return { attempts: amount('attempts') ?? 0, tokens: amount('tokens'), costMicros: amount('costMicros'), wallClockMs: amount('wallClockMs') };
}

/** Two steps: type the limits, then see exactly what is signed. */
export function BudgetDialog({ request, act, onClose, onTold }: Props) {
  const { limits } = request.budget;
  const [typed, setTyped] = useState<Typed>({
    attempts: shownAmount('attempts', limits.attempts),
    tokens: shownAmount('tokens', limits.tokens),
    costMicros: shownAmount('costMicros', limits.costMicros),
    wallClockMs: shownAmount('wallClockMs', limits.wallClockMs),
  });
  const [preview, setPreview] = useState<Preview['budgetSubject']>();
  const [error, setError] = useState<string>();
  const [isSending, setSending] = useState(false);

  const look = async (): Promise<void> => {
    setSending(true);
    const answer = await query(BudgetSubjectQuery, { id: request.id, limits: patchOf(typed) });
    setSending(false);
    if (!answer.ok) return setError(`${refusalWords(answer.failure.code)} ${answer.failure.message}`);
    setError(undefined);
    setPreview(answer.data.budgetSubject);
  };
  const raise = async (signed: Preview['budgetSubject']): Promise<void> => {
    setSending(true);
    const input = { id: request.id, digest: signed.digest, limits: signed.limits };
    const answer = await mutate(act.of(input), RaiseBudgetMutation, { input });
    setSending(false);
    act.answered(answer.ok ? answer.data.raiseBudget.code : answer.failure.code);
    if (!answer.ok) return onTold({ text: answer.failure.message, code: answer.failure.code, isRefused: true });
    const { outcome, code, message } = answer.data.raiseBudget;
    if (outcome === 'refused') return onTold({ text: message ?? '', code: code ?? undefined, isRefused: true });
    onTold({ text: outcome === 'pending' ? 'Recorded; being delivered.' : 'Recorded: the budget is raised.', isRefused: false });
  };
  return (
    <Modal title="Raise budget" onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void (preview ? raise(preview) : look());
        }}
      >
        {preview ? (
          <div className="grid gap-2 text-14" data-testid="budget-preview">
            <p>You decide on <code>{shortDigest(preview.digest)}</code>. It is recorded like every decision; approvals of the plan stand.</p>
            <ul className="grid gap-1 tabular-nums">
              {LIMIT_KINDS.map((kind) => (
                <li key={kind}>
                  {LIMIT_WORDS[kind].name}: {limitText(kind, limits[kind])}
                  {limits[kind] === preview.limits[kind] ? ' (as before)' : <strong> → {limitText(kind, preview.limits[kind])}</strong>}
                </li>
              ))}
            </ul>
          </div>
        ) : (
          <div className="grid gap-3 sm:grid-cols-2">
            {LIMIT_KINDS.map((kind) => (
              <Field key={kind} id={`limit-${kind}`} label={LIMIT_WORDS[kind].name} hint={`${LIMIT_WORDS[kind].hint}${kind === 'attempts' ? '' : '; empty is no limit'}`}>
                {(bound) => <input {...bound} type="number" min={0} step="any" required={kind === 'attempts'} className="field" data-testid={`limit-${kind}`} value={typed[kind]} onChange={(event) => setTyped({ ...typed, [kind]: event.target.value })} />}
              </Field>
            ))}
          </div>
        )}
        {error ? <p className="text-14 text-refused" role="alert">{error}</p> : null}
        <div className="flex flex-wrap justify-end gap-3">
          <Button onClick={preview ? () => setPreview(undefined) : onClose}>Back</Button>
          <Button type="submit" look="strong" disabled={isSending} data-testid="budget-submit">{isSending ? 'Asking…' : preview ? 'Raise budget' : 'Preview'}</Button>
        </div>
      </form>
    </Modal>
  );
}
