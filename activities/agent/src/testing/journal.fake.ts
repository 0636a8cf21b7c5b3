import { AppError } from '@countersign/domain';

import type { JournalAnswer, JournalPort, RunLease, StepRecord } from '../ports/journal.port.js';

type Run = { epoch: number; readonly answers: Map<number, JournalAnswer>; readonly steps: Map<number, StepRecord>; readonly outputs: Map<string, string>; closed: boolean };

export type FakeJournal = JournalPort & { readonly runs: ReadonlyMap<string, Run> };

/** Keeps journals in memory with the port's own guarantees. */
export function fakeJournal(): FakeJournal {
  const runs = new Map<string, Run>();
  const runOf = (requestId: string, runKey: string): Run => {
    const key = `${requestId} ${runKey}`;
    const run = runs.get(key) ?? { epoch: 0, answers: new Map(), steps: new Map(), outputs: new Map(), closed: false };
    runs.set(key, run);
    return run;
  };
  const held = ({ requestId, runKey, epoch }: RunLease): Run => {
    const run = runOf(requestId, runKey);
    if (run.epoch !== epoch) throw new AppError('LEASE_LOST', `Another worker goes on with ${runKey}`);
    return run;
  };
  return {
    runs,
    async acquireLease(requestId, runKey) {
      const run = runOf(requestId, runKey);
      run.epoch += 1;
      return { requestId, runKey, epoch: run.epoch };
    },
    async answer(requestId, runKey, step) {
      return structuredClone(runOf(requestId, runKey).answers.get(step));
    },
    async steps(requestId, runKey) {
      return structuredClone([...runOf(requestId, runKey).steps.values()].sort((a, b) => a.step - b.step));
    },
    async recordAnswer(lease, step, answer) {
      const { answers } = held(lease);
      if (!answers.has(step)) answers.set(step, structuredClone(answer));
    },
    async recordStep(lease, record) {
      const { steps } = held(lease);
      if (!steps.has(record.step)) steps.set(record.step, structuredClone(record));
    },
    async keepOutput(lease, id, text) {
      held(lease).outputs.set(id, text);
    },
    async output(requestId, runKey, id) {
      return runOf(requestId, runKey).outputs.get(id);
    },
    async close(lease) {
      held(lease).closed = true;
    },
  };
}
