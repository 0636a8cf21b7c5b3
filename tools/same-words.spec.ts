import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

const read = (path: string): string => readFileSync(join(__dirname, '..', path), 'utf8');

/** The console imports no package of ours, so what it must say in the CLI's words it holds a copy of. */
describe('the console and the CLI', () => {
  it.each([
    ['web/src/features/text/hidden.ts', 'packages/cli/src/hidden.ts'],
    ['web/src/features/gate/decision-words.ts', 'packages/cli/src/decision-words.ts'],
  ])('%s is %s', (ours, theirs) => {
    expect(read(ours)).toBe(read(theirs));
  });
});
