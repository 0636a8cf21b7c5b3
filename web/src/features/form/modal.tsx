'use client';

import { type ReactNode, useEffect, useRef } from 'react';

type Props = {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
};

/** A native modal dialog: the browser keeps focus inside and closes it on Esc. */
export function Modal({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement;
    shown?.showModal();
    shown?.querySelector<HTMLElement>('[data-first-focus]')?.focus();
    return () => {
      shown?.close();
      // The browser gives focus back by itself only where the dialog stays in the page.
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="modal-title"
      data-testid="dialog"
      className="m-auto w-[min(36rem,calc(100vw-2rem))] rounded-6 border border-line bg-surface p-5 text-ink shadow-lg"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 id="modal-title" className="mb-3 text-20 font-semibold">{title}</h2>
      {children}
    </dialog>
  );
}
