import type { ButtonHTMLAttributes } from 'react';

export type ButtonLook = 'strong' | 'plain' | 'refuse';

const LOOKS: Readonly<Record<ButtonLook, string>> = {
  strong: 'border-ink bg-ink text-paper',
  plain: 'border-muted bg-surface text-ink',
  refuse: 'border-refused bg-surface text-refused',
};

type Props = ButtonHTMLAttributes<HTMLButtonElement> & { readonly look?: ButtonLook; readonly [data: `data-${string}`]: string };

/** Disabled ones stay readable: what a person may not do is still shown, with the reason beside it. */
export function Button({ look = 'plain', className = '', type = 'button', ...rest }: Props) {
  return (
    <button
      type={type}
      className={`min-h-9 rounded-6 border px-4 py-1.5 text-14 font-medium disabled:cursor-not-allowed disabled:border-line disabled:bg-transparent disabled:text-muted ${LOOKS[look]} ${className}`}
      {...rest}
    />
  );
}
