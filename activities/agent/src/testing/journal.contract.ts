import { NO_USAGE } from '@countersign/domain';
import { describe, expect, it } from '@jest/globals';

import type { JournalAnswer, JournalPort, StepRecord } from '../ports/journal.port.js';

const answer = (text: string): JournalAnswer => ({
  text,
  toolCalls: [{ id: 'c1', name: 'read', args: { path: 'ü "quoted".ts' } }],
  output: null,
  usage: { inputTokens: 1, outputTokens: 2, cachedInputTokens: 1, costMicros: null },
  call: { model: 'openai:m', promptDigest: 'd'.repeat(64), at: '2026-01-01T00:00:00Z' },
});

const record = (step: number, over: Partial<StepRecord> = {}): StepRecord => ({
  step,
  toolResults: [{ callId: 'c1', name: 'read', answer: { ok: false, code: 'TOOL_FAILED', message: 'no' } }],
  snapshotCommit: 'a'.repeat(40),
  usage: { ...NO_USAGE, wallClockMs: step },
  ...over,
});

/** What every journal must hold to; the fake and each adapter run it. `makeJournal` answers an empty one. */
export function describeJournal(name: string, makeJournal: () => Promise<JournalPort>): void {
  describe(`journal: ${name}`, () => {
    it('has nothing of a run that never was', async () => {
      const journal = await makeJournal();
      expect(await journal.answer('r1', 'execute/1', 1)).toBeUndefined();
      expect(await journal.steps('r1', 'execute/1')).toEqual([]);
    });

    it('gives back what was recorded, steps in order', async () => {
      const journal = await makeJournal();
      const lease = await journal.acquireLease('r1', 'execute/1');
      await journal.recordAnswer(lease, 1, answer('one'));
      for (const step of [0, 1, 2, 10]) await journal.recordStep(lease, record(step));
      expect(await journal.answer('r1', 'execute/1', 1)).toEqual(answer('one'));
      expect((await journal.steps('r1', 'execute/1')).map(({ step }) => step)).toEqual([0, 1, 2, 10]);
      expect((await journal.steps('r1', 'execute/1'))[1]).toEqual(record(1));
    });

    it('keeps what was stored first', async () => {
      const journal = await makeJournal();
      const lease = await journal.acquireLease('r1', 'execute/1');
      await journal.recordAnswer(lease, 1, answer('first'));
      await journal.recordAnswer(lease, 1, answer('second'));
      await journal.recordStep(lease, record(1));
      await journal.recordStep(lease, record(1, { snapshotCommit: 'b'.repeat(40) }));
      expect((await journal.answer('r1', 'execute/1', 1))?.text).toBe('first');
      expect((await journal.steps('r1', 'execute/1'))[0]?.snapshotCommit).toBe('a'.repeat(40));
    });

    it('refuses every write of an older lease, and takes those of the newer one', async () => {
      const journal = await makeJournal();
      const old = await journal.acquireLease('r1', 'execute/1');
      const lease = await journal.acquireLease('r1', 'execute/1');
      expect(lease.epoch).toBeGreaterThan(old.epoch);
      await expect(journal.recordAnswer(old, 1, answer('late'))).rejects.toMatchObject({ code: 'LEASE_LOST' });
      await expect(journal.recordStep(old, record(1))).rejects.toMatchObject({ code: 'LEASE_LOST' });
      await expect(journal.close(old)).rejects.toMatchObject({ code: 'LEASE_LOST' });
      await journal.recordAnswer(lease, 1, answer('mine'));
      expect((await journal.answer('r1', 'execute/1', 1))?.text).toBe('mine');
      expect(await journal.steps('r1', 'execute/1')).toEqual([]);
    });

    it('gives back a summary and a repair as what they are', async () => {
      const journal = await makeJournal();
      const lease = await journal.acquireLease('r1', 'execute/1');
      const summary = { ...answer('so far'), toolCalls: [], keptMessages: 4 };
      await journal.recordAnswer(lease, 1, summary);
      await journal.recordStep(lease, record(1, { toolResults: [], repair: 'goal: must not be empty' }));
      expect(await journal.answer('r1', 'execute/1', 1)).toEqual(summary);
      expect(await journal.steps('r1', 'execute/1')).toEqual([record(1, { toolResults: [], repair: 'goal: must not be empty' })]);
    });

    it('keeps whole outputs by run, the newest of an id, and takes none of an older lease', async () => {
      const journal = await makeJournal();
      const old = await journal.acquireLease('r1', 'execute/1');
      const lease = await journal.acquireLease('r1', 'execute/1');
      await journal.keepOutput(lease, '7.1', 'first');
      await journal.keepOutput(lease, '7.1', 'a\0b\ud800 second');
      await expect(journal.keepOutput(old, '7.1', 'late')).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect(await journal.output('r1', 'execute/1', '7.1')).toBe('a\0b\ud800 second');
      expect(await journal.output('r1', 'execute/1', '7.2')).toBeUndefined();
      expect(await journal.output('r1', 'execute/2', '7.1')).toBeUndefined();
    });

    it('keeps runs and requests apart', async () => {
      const journal = await makeJournal();
      const lease = await journal.acquireLease('r1', 'execute/1');
      await journal.acquireLease('r1', 'execute/2');
      await journal.acquireLease('r2', 'execute/1');
      await journal.recordAnswer(lease, 1, answer('one'));
      expect(await journal.answer('r1', 'execute/2', 1)).toBeUndefined();
      expect(await journal.answer('r2', 'execute/1', 1)).toBeUndefined();
    });

    it('stays readable once closed, also to the next lease', async () => {
      const journal = await makeJournal();
      const lease = await journal.acquireLease('r1', 'execute/1');
      await journal.recordStep(lease, record(0));
      await journal.close(lease);
      await journal.acquireLease('r1', 'execute/1');
      expect(await journal.steps('r1', 'execute/1')).toEqual([record(0)]);
    });
  });
}
