'use client';

import { useRef, useState } from 'react';

import type { Gate, Verdict } from '../../graphql/generated/graphql';
import { ActKey } from '../gateway/act-key';
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

export function useDecision(requestId: string, onTold: (told: Told) => void) {
  const [isSending, setSending] = useState(false);
  const [told, setTold] = useState<Told>();
  const key = useRef(new ActKey());

  const decide = async (word: Word): Promise<Told> => {
    setSending(true);
    setTold(undefined);
    const { gate, digest, verdict, reason } = word;
    const answer = await mutate(key.current.of(word), DecideMutation, {
      input: { id: requestId, gate, digest, verdict, ...(reason ? { reason } : {}) },
    });
    const said = { verdict, gate, digest };
    const result: Told = answer.ok
      ? { ...said, outcome: answer.data.decide.outcome, code: answer.data.decide.code ?? undefined, message: answer.data.decide.message ?? undefined }
      : { ...said, outcome: 'refused', ...answer.failure };
    key.current.answered(result.code);
    setSending(false);
    setTold(result);
    onTold(result);
    return result;
  };

  return { decide, isSending, told, forget: () => setTold(undefined) };
}
