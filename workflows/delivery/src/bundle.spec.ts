import { describe, expect, it } from '@jest/globals';

import { bundleLifecycle } from './testing/bundle.js';

describe('the workflow bundle', () => {
  it('builds, so nothing non-deterministic got in', async () => {
    const { code } = await bundleLifecycle();
    expect(code).toContain('requestLifecycle');
    expect(code).toContain('reapOrphans');
  }, 60_000);
});
