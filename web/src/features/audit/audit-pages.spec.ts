import { describe, expect, it } from '@jest/globals';

import { type AuditConnection, auditPage } from './audit-pages';

const FIRST = 100;
const entry = (seq: number, type: string) => ({ seq, at: '2026-11-21T08:00:00.000Z', type, actor: null, text: 't', entry: '{}', document: null, signature: null, erased: false, place: null });

/** A trail of `count` entries of which every `every`th is a decision, in pages as the gateway gives them. */
function aTrail(count: number, every: number) {
  const all = Array.from({ length: count }, (_, index) => entry(index + 1, (index + 1) % every === 0 ? 'decision' : 'transition'));
  const asked: (string | undefined)[] = [];
  const read = async (after: string | undefined): Promise<{ ok: true; data: AuditConnection }> => {
    asked.push(after);
    const from = Number(after ?? 0);
    const edges = all.slice(from, from + FIRST).map((node) => ({ cursor: String(node.seq), node }));
    return { ok: true, data: { totalCount: count, pageInfo: { hasNextPage: from + FIRST < count }, edges } };
  };
  return { read, asked };
}

async function everything(count: number, every: number, onlyDecisions: boolean): Promise<{ seqs: number[]; pages: number }> {
  const { read } = aTrail(count, every);
  const seqs: number[] = [];
  let after: string | undefined;
  let pages = 0;
  do {
    const answer = await auditPage(read, { after, onlyDecisions });
    if (!answer.ok) throw new Error(answer.failure.message);
    seqs.push(...answer.data.entries.map(({ seq }) => seq));
    after = answer.data.next;
    pages += 1;
  } while (after !== undefined);
  return { seqs, pages };
}

describe('pages of the audit trail', () => {
  it.each([[0, 1], [1, 1], [50, 1], [51, 2], [230, 5]])('of %d entries are %d, each entry once and the newest last', async (count, pages) => {
    expect(await everything(count, 3, false)).toEqual({ seqs: Array.from({ length: count }, (_, index) => index + 1), pages });
  });

  it('with decisions only leave everything else out and lose none', async () => {
    const { seqs } = await everything(1000, 7, true);
    expect(seqs).toEqual(Array.from({ length: 142 }, (_, index) => (index + 1) * 7));
  });

  it('do not read a long trail to its end at once', async () => {
    const { read, asked } = aTrail(5000, 100_000);
    const answer = await auditPage(read, { after: undefined, onlyDecisions: true });
    expect(asked).toHaveLength(10);
    expect(answer).toEqual({ ok: true, data: { entries: [], next: '1000', total: 5000 } });
  });

  it('pass a refusal on', async () => {
    const refused = { ok: false as const, failure: { code: 'FORBIDDEN', message: 'no' } };
    expect(await auditPage(async () => refused, { after: undefined, onlyDecisions: false })).toBe(refused);
  });
});
