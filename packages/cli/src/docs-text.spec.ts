import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { docsText } from './docs-text.js';

describe('docs/cli.md', () => {
  it('is what the commands say (run `npm run codegen` after a change)', async () => {
    expect(await readFile(join(__dirname, '../../../docs/cli.md'), 'utf8')).toBe(docsText());
  });
});
