import type { ReactElement, ReactNode } from 'react';

type Props = {
  readonly id: string;
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  /** Gets `id` and `aria-describedby`. */
  readonly children: (bound: { readonly id: string; readonly 'aria-describedby': string | undefined; readonly 'aria-invalid': boolean | undefined }) => ReactElement;
};

export function Field({ id, label, hint, error, children }: Props) {
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined;
  return (
    <div className="grid content-start gap-1">
      <label htmlFor={id} className="text-14 font-medium">{label}</label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': error ? true : undefined })}
      {hint ? <div id={`${id}-hint`} className="text-13 text-muted">{hint}</div> : null}
      {error ? <p id={`${id}-error`} className="text-13 text-refused">{error}</p> : null}
    </div>
  );
}
