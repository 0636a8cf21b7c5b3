import type { CheckResult, CheckVerdict } from '@countersign/domain';

/** What one command did; null where it was not run. */
export type CommandOutcome = Pick<CheckResult, 'exitCode' | 'durationMs' | 'log'> & {
  readonly timedOutAfterMs: number | null;
  /** Where it succeeded in some other way than by being run. */
  readonly note?: string;
};
export type CommandOutcomes = { readonly setup: CommandOutcome | null; readonly test: CommandOutcome | null };

const NOT_RUN = { exitCode: null, durationMs: 0, log: null } as const;

export function succeeded(outcome: CommandOutcome): boolean {
  return outcome.exitCode === 0 && outcome.timedOutAfterMs === null;
}

/** Results of one commit. Tests after a failed setup are not run: nothing is known about them. */
export function resultsOf({ setup, test }: CommandOutcomes): readonly CheckResult[] {
  const first: CheckResult = setup
    ? { name: 'setup', status: succeeded(setup) ? 'passed' : 'failed', ...measured(setup), note: noteOf(setup, 'SETUP_FAILED: ') }
    : { name: 'setup', status: 'notConfigured', ...NOT_RUN, note: 'The project has no setup command' };
  if (test) return [first, { name: 'test', status: succeeded(test) ? 'passed' : 'failed', ...measured(test), note: noteOf(test, '') }];
  if (first.status === 'failed') {
    return [first, { name: 'test', status: 'notRun', ...NOT_RUN, note: 'SETUP_FAILED: the setup did not succeed, so the tests did not run' }];
  }
  return [first, { name: 'test', status: 'notConfigured', ...NOT_RUN, note: 'The project has no test command' }];
}

/** The results as they are judged beside the base's: what failed there already is not the change's doing. */
export function judgedAgainst(base: readonly CheckResult[], results: readonly CheckResult[]): readonly CheckResult[] {
  return results.map((result) => {
    const before = base.find(({ name }) => name === result.name);
    if (result.name !== 'test' || result.status !== 'failed' || !before) return result;
    if (before.status === 'failed') return { ...result, status: 'failedBefore', note: `${result.note}; it fails on the base commit as well` };
    if (before.status === 'notRun') return { ...result, note: `${result.note}; the base commit could not be tested, its setup fails` };
    return result;
  });
}

export function verdictOf(results: readonly CheckResult[]): CheckVerdict {
  const statusOf = (name: CheckResult['name']): CheckResult['status'] | undefined => results.find((result) => result.name === name)?.status;
  if (statusOf('setup') === 'failed') return 'notRun';
  const test = statusOf('test');
  if (test === 'passed' || test === 'notConfigured' || test === 'notRun') return test;
  return 'failed';
}

/** Whether a failure is the change's own, so that the executor may mend it. A failed setup is for a person. */
export function isFixable(results: readonly CheckResult[]): boolean {
  return verdictOf(results) === 'failed' && results.some(({ name, status }) => name === 'test' && status === 'failed');
}

function measured({ exitCode, durationMs, log }: CommandOutcome): Pick<CheckResult, 'exitCode' | 'durationMs' | 'log'> {
  return { exitCode, durationMs, log };
}

function noteOf(outcome: CommandOutcome, prefix: string): string {
  if (succeeded(outcome)) return outcome.note ?? '';
  if (outcome.timedOutAfterMs !== null) return `${prefix}stopped after ${Math.round(outcome.timedOutAfterMs / 1000)} s`;
  return `${prefix}exit code ${outcome.exitCode}`;
}
