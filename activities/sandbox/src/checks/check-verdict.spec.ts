import { describe, expect, it } from '@jest/globals';

import { isFixable, judgedAgainst, resultsOf, verdictOf, type CommandOutcome } from './check-verdict.js';

const outcome = (over: Partial<CommandOutcome> = {}): CommandOutcome => ({ exitCode: 0, durationMs: 5, log: null, timedOutAfterMs: null, ...over });
const ok = outcome();
const bad = outcome({ exitCode: 1 });

describe('check verdicts', () => {
  it.each([
    ['both succeed', { setup: ok, test: ok }, 'passed', false],
    ['only a test command, which succeeds', { setup: null, test: ok }, 'passed', false],
    ['the test fails', { setup: ok, test: bad }, 'failed', true],
    ['the test is stopped at its deadline', { setup: null, test: outcome({ exitCode: null, timedOutAfterMs: 1000 }) }, 'failed', true],
    ['the setup fails', { setup: bad, test: null }, 'notRun', false],
    ['nothing is configured', { setup: null, test: null }, 'notConfigured', false],
    ['only a setup command, which succeeds', { setup: ok, test: null }, 'notConfigured', false],
  ] as const)('where %s', (_case, outcomes, verdict, fixable) => {
    const results = resultsOf(outcomes);
    expect(verdictOf(results)).toBe(verdict);
    expect(isFixable(results)).toBe(fixable);
  });

  it('never takes a failed setup for a pass, and says why the tests did not run', () => {
    const [setup, test] = resultsOf({ setup: bad, test: null });
    expect(setup).toMatchObject({ status: 'failed', note: 'SETUP_FAILED: exit code 1' });
    expect(test).toMatchObject({ status: 'notRun', note: expect.stringContaining('SETUP_FAILED') });
  });

  it('shows what failed on the base already and does not send it back', () => {
    const results = judgedAgainst(resultsOf({ setup: ok, test: bad }), resultsOf({ setup: ok, test: bad }));
    expect(results[1]).toMatchObject({ status: 'failedBefore', note: 'exit code 1; it fails on the base commit as well' });
    expect([verdictOf(results), isFixable(results)]).toEqual(['failed', false]);
  });

  it('takes a test that only the base fails for passed', () => {
    const results = judgedAgainst(resultsOf({ setup: ok, test: bad }), resultsOf({ setup: ok, test: ok }));
    expect(verdictOf(results)).toBe('passed');
  });

  it('says where the base could not be tested', () => {
    const results = judgedAgainst(resultsOf({ setup: bad, test: null }), resultsOf({ setup: ok, test: bad }));
    expect(results[1]).toMatchObject({ status: 'failed', note: expect.stringContaining('base commit could not be tested') });
    expect(isFixable(results)).toBe(true);
  });
});
