const PATHS = {
  check: 'M3 8.5l3.5 3.5L13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  clock: 'M8 4.5V8l2.5 2M8 14A6 6 0 108 2a6 6 0 000 12z',
  running: 'M8 2a6 6 0 016 6M14 8a6 6 0 01-6 6M5 6l5 2-5 2z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  circle: 'M8 13.5a5.5 5.5 0 100-11 5.5 5.5 0 000 11z',
  minus: 'M3.5 8h9',
  warning: 'M8 2.5l6 11H2zM8 6.5v3.5M8 11.6v.4',
  pen: 'M3 13l1-3.5L11 2.5l2.5 2.5-7 7z',
} as const;

export type IconName = keyof typeof PATHS;

/** Never alone: the word beside it says the same. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg aria-hidden="true" width="14" height="14" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" strokeLinejoin="round" className="inline-block shrink-0">
      <path d={PATHS[name]} />
    </svg>
  );
}
