'use client';

import { useState } from 'react';

const SHOWN_MS = 2000;

export function CopyButton({ text, children }: { readonly text: string; readonly children: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      setState('failed');
    }
    setTimeout(() => setState('idle'), SHOWN_MS);
  };
  return (
    <button type="button" className="link text-13" onClick={() => void copy()}>
      <span aria-live="polite">{state === 'copied' ? 'Copied' : state === 'failed' ? 'Select and copy it by hand' : children}</span>
    </button>
  );
}
