'use client';

import { useRef, useState } from 'react';

import type { Gate, Verdict } from '../../graphql/generated/graphql';
import { mutate } from '../gateway/call';
import { DecideMutation } from './decide.mutation';

export type Told = {
  readonly outcome: 'recorded' | 'pending' | 'refused';
  readonly verdict: Verdict;
  readonly gate: Gate;
  readonly digest: string;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
};

export type Word = { readonly gate: Gate; readonly digest: string; readonly verdict: Verdict; readonly reason?: string };

/** The refusals after which the same words may be sent again under the same key. */
const MAY_REPEAT: ReadonlySet<string> = new Set(['SERVICE_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CONFLICT']);

export function useDecision(requestId: string, onTold: (told: Told) => void) {
  const [isSending, setSending] = useState(false);
  const [told, setTold] = useState<Told>();
  const key = useRef<{ readonly word: string; readonly key: string }>(undefined);

  const decide = async (word: Word): Promise<Told> => {
    const text = JSON.stringify(word);
    // The same word after a lost answer is the same act; a new word is a new one.
    if (key.current?.word !== text) key.current = { word: text, key: crypto.randomUUID() };
    setSending(true);
    setTold(undefined);
    const { gate, digest, verdict, reason } = word;
    const answer = await mutate(key.current.key, DecideMutation, {
      input: { id: requestId, gate, digest, verdict, ...(reason ? { reason } : {}) },
    });
    const said = { verdict, gate, digest };
    const result: Told = answer.ok
      ? { ...said, outcome: answer.data.decide.outcome, code: answer.data.decide.code ?? undefined, message: answer.data.decide.message ?? undefined }
      : { ...said, outcome: 'refused', ...answer.failure };
    if (!MAY_REPEAT.has(result.code ?? '')) key.current = undefined;
    setSending(false);
    setTold(result);
    onTold(result);
    return result;
  };

  return { decide, isSending, told, forget: () => setTold(undefined) };
}
