import type { ReactNode } from 'react';

import { Icon, type IconName } from './icon';

/** `signed` only where a signature was verified. */
export type Tone = 'signed' | 'ink' | 'muted' | 'waiting' | 'refused' | 'info';

const TEXT: Readonly<Record<Tone, string>> = {
  signed: 'text-signed',
  ink: 'text-ink',
  muted: 'text-muted',
  waiting: 'text-waiting',
  refused: 'text-refused',
  info: 'text-info',
};

type MarkProps = {
  readonly icon: IconName;
  readonly tone: Tone;
  readonly children: ReactNode;
  /** For a sentence rather than a word. */
  readonly isWrapping?: boolean;
};

/** State: an icon, a word and a colour, so that none of them stands alone. */
export function Mark({ icon, tone, children, isWrapping = false, ...rest }: MarkProps & { readonly [data: `data-${string}`]: string }) {
  return (
    <span className={`inline-flex items-center gap-1.5 align-bottom ${isWrapping ? '' : 'whitespace-nowrap'} ${TEXT[tone]}`} {...rest}>
      <Icon name={icon} />
      {children}
    </span>
  );
}

/** Says what happened and what to do; loud only where something was refused. */
export function Notice({ tone, title, children, ...rest }: { readonly tone: Tone; readonly title: ReactNode; readonly children?: ReactNode; readonly [data: `data-${string}`]: string }) {
  return (
    <div className={`rounded-6 border bg-surface px-4 py-3 ${TEXT[tone]}`} {...rest}>
      <p className="font-semibold">{title}</p>
      {children ? <div className="mt-1 grid gap-2 text-14 text-ink">{children}</div> : null}
    </div>
  );
}
