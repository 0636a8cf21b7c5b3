const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** The two largest units: `3 d 4 h`, `2 min 5 s`, `0 s`. */
export function durationText(ms: number): string {
  let left = Math.max(0, ms);
  const parts: string[] = [];
  for (const [name, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${name}`);
    else if (parts.length > 0) break;
  }
  return parts.join(' ') || '0 s';
}

/** Whole: what a span of settings reads like. */
export function spanText(ms: number): string {
  const unit = UNITS.find(([, size]) => ms >= size && ms % size === 0) ?? UNITS[3];
  return `${ms / unit[1]} ${unit[0]}`;
}
