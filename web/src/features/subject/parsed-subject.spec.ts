import { describe, expect, it } from '@jest/globals';

import { changesBetween } from './parsed-subject';

describe('changesBetween', () => {
  it('names each member that is different, was added or is gone', () => {
    const before = JSON.stringify({ plan: { steps: [{ title: 'a' }], old: 1 }, same: true });
    const after = JSON.stringify({ plan: { steps: [{ title: 'b' }, { title: 'c' }] }, same: true });
    expect(changesBetween(before, after)).toEqual([
      { path: 'plan.steps[1].title', was: 'a', is: 'b' },
      { path: 'plan.old', was: '1', is: undefined },
      { path: 'plan.steps[2].title', was: undefined, is: 'c' },
    ]);
  });
});
