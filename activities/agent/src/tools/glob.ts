import { matchesGlob } from 'node:path';

/** Stands for a leading dot, so that `*` and `**` match names with one, as git's own patterns do. */
const DOT = '\uE000';

function undotted(path: string): string {
  return path.replace(/(^|\/)\./g, `$1${DOT}`);
}

/**
 * Whether a path of the repository lies within a glob: `*`, `?`, `[…]`, `{a,b}` and `**` over folders.
 * A glob without a slash matches names in any folder; one that ends with a slash, everything below.
 */
export function globMatcher(glob: string): (path: string) => boolean {
  const rooted = glob.replace(/^\.?\/+/, '');
  const whole = rooted.endsWith('/') ? `${rooted}**` : rooted;
  const anywhere = whole.includes('/') || glob.startsWith('/') || glob.startsWith('./') ? whole : `**/${whole}`;
  const pattern = anywhere.replace(/(^|[/{,])\./g, `$1${DOT}`);
  return (path) => matchesGlob(undotted(path), pattern);
}
