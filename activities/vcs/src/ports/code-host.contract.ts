import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { CodeHostPort, HostedRepository, MergeRequestDraft, Review } from './code-host.port.js';

export type CodeHostHarness = {
  readonly host: CodeHostPort;
  /** The same host as another worker sees it. */
  readonly again: () => CodeHostPort;
  readonly repository: HostedRepository;
  /** Two commits that the repository has. */
  readonly heads: readonly [string, string];
  readonly close: () => Promise<void>;
};

/** What holds for the fake and for every adapter. */
export function describeCodeHost(name: string, make: () => Promise<CodeHostHarness>): void {
  describe(`code host port: ${name}`, () => {
    let harness: CodeHostHarness;
    beforeAll(async () => {
      harness = await make();
    });
    afterAll(() => harness.close());

    const draft = (requestId: string, over: Partial<MergeRequestDraft> = {}): MergeRequestDraft => ({
      requestId,
      title: 'A title: "quoted" ä',
      body: 'one\n\ntwo\n',
      source: `countersign/${requestId}`,
      target: 'main',
      head: harness.heads[0],
      ...over,
    });
    const open = (requestId: string, over: Partial<MergeRequestDraft> = {}) => harness.host.openMergeRequest(harness.repository, draft(requestId, over));
    const find = (requestId: string) => harness.again().findMergeRequest(harness.repository, requestId);

    it('finds what was opened, also from elsewhere, and nothing that was not', async () => {
      expect(await find('c1')).toBeUndefined();
      const opened = await open('c1');
      expect(opened).toMatchObject({ ...draft('c1'), state: 'open', mergedAs: null, reviews: [] });
      expect(await find('c1')).toEqual(opened);
      expect(await find('c')).toBeUndefined();
    });

    it('opens one for each request, however often and by however many at once', async () => {
      const all = await Promise.all(['c2', 'c2', 'c3', 'c4', 'c4'].map((id) => open(id)));
      const numbers = all.map(({ number }) => number);
      expect(numbers[0]).toBe(numbers[1]);
      expect(numbers[3]).toBe(numbers[4]);
      expect(new Set(numbers).size).toBe(3);
    });

    it('is brought up to date with a further attempt', async () => {
      const { number } = await open('c5');
      const again = await open('c5', { head: harness.heads[1], title: 'Another' });
      expect(again).toMatchObject({ number, head: harness.heads[1], title: 'Another' });
      expect(await find('c5')).toEqual(again);
    });

    reviewsOnce(() => harness, open, find);
    endsOnce(() => harness, open, find);
  });
}

type Open = (requestId: string) => ReturnType<CodeHostPort['openMergeRequest']>;
type Find = (requestId: string) => ReturnType<CodeHostPort['findMergeRequest']>;

function reviewsOnce(harness: () => CodeHostHarness, open: Open, find: Find): void {
  it('keeps the first review of each head', async () => {
    const { host, repository, heads } = harness();
    const { number } = await open('c6');
    const review = (head: string, reviewer: string): Review => ({
      reviewer,
      head,
      blocking: true,
      findings: [{ rule: 'secret', severity: 'blocking', message: 'A secret', path: 'a\nb', line: 3 }],
    });
    const first = await host.postReview(repository, number, review(heads[0], 'one'));
    expect(await host.postReview(repository, number, review(heads[0], 'two'))).toEqual(first);
    await host.postReview(repository, number, review(heads[1], 'three'));
    const reviewers = (await find('c6'))?.reviews.map(({ reviewer }) => reviewer) ?? [];
    expect([...reviewers].sort()).toEqual(['one', 'three']);
    await expect(host.postReview(repository, 9999, review(heads[0], 'x'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
}

function endsOnce(harness: () => CodeHostHarness, open: Open, find: Find): void {
  it('closes, opens again, merges, and stays merged', async () => {
    const { host, repository, heads } = harness();
    const { number } = await open('c7');
    for (let time = 0; time < 2; time += 1) await host.endMergeRequest(repository, number, { state: 'closed' });
    expect(await find('c7')).toMatchObject({ state: 'closed' });
    expect(await open('c7')).toMatchObject({ number, state: 'open' });
    for (let time = 0; time < 2; time += 1) await host.endMergeRequest(repository, number, { state: 'merged', commit: heads[1] });
    await host.endMergeRequest(repository, number, { state: 'closed' });
    expect(await open('c7')).toMatchObject({ number, state: 'merged', mergedAs: heads[1] });
  });
}
