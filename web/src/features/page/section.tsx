import type { ReactNode } from 'react';

export function Section({ id, title, aside, children }: { readonly id: string; readonly title: string; readonly aside?: ReactNode; readonly children: ReactNode }) {
  return (
    <section aria-labelledby={`${id}-heading`} className="grid min-w-0 gap-3 border-t border-line pt-5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h2 id={`${id}-heading`} className="text-20 font-semibold">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

export function PageTitle({ children, aside }: { readonly children: ReactNode; readonly aside?: ReactNode }) {
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-2">
      <h1 className="text-28 leading-tight font-semibold [overflow-wrap:anywhere]">{children}</h1>
      {aside}
    </div>
  );
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="grid gap-x-4 sm:grid-cols-[11rem_1fr]">
      <dt className="text-13 text-muted">{name}</dt>
      <dd className="min-w-0 text-14 [overflow-wrap:anywhere]">{children}</dd>
    </div>
  );
}

export function Facts({ children }: { readonly children: ReactNode }) {
  return <dl className="grid gap-2">{children}</dl>;
}
