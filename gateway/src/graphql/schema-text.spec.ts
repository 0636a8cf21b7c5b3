import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { schemaText } from './schema-text.js';

describe('gateway/schema.graphql', () => {
  it('is what the resolvers say (run `npm run codegen` after a change)', async () => {
    expect(await readFile(join(__dirname, '../../schema.graphql'), 'utf8')).toBe(await schemaText());
  });
});
