import { AppError } from '@countersign/domain';

import type { CodeHostPort, HostedRepository, MergeRequest, MergeRequestDraft, MergeRequestEnd, Review } from '../ports/code-host.port.js';

/** Keeps merge requests in memory with the port's own guarantees, and every call that was made. */
export class FakeCodeHost implements CodeHostPort<'local'> {
  readonly id = 'local';
  readonly calls: string[] = [];
  private readonly kept = new Map<string, MergeRequest[]>();

  async findMergeRequest({ bare }: HostedRepository, requestId: string): Promise<MergeRequest | undefined> {
    this.calls.push('find');
    return this.of(bare).find((candidate) => candidate.requestId === requestId);
  }

  async openMergeRequest({ bare }: HostedRepository, draft: MergeRequestDraft): Promise<MergeRequest> {
    this.calls.push('open');
    const all = this.of(bare);
    const found = all.find((candidate) => candidate.requestId === draft.requestId);
    if (found?.state === 'merged') return found;
    const number = found?.number ?? all.length + 1;
    return this.keep(bare, { ...draft, number, url: `fake:${number}`, state: 'open', mergedAs: null, reviews: found?.reviews ?? [] });
  }

  async postReview({ bare }: HostedRepository, number: number, review: Review): Promise<Review> {
    this.calls.push('review');
    const found = this.get(bare, number);
    const earlier = found.reviews.find(({ head }) => head === review.head);
    if (!earlier) this.keep(bare, { ...found, reviews: [...found.reviews, review] });
    return earlier ?? review;
  }

  async endMergeRequest({ bare }: HostedRepository, number: number, end: MergeRequestEnd): Promise<MergeRequest> {
    this.calls.push(end.state);
    const found = this.get(bare, number);
    if (found.state === 'merged') return found;
    return this.keep(bare, { ...found, state: end.state, mergedAs: end.state === 'merged' ? end.commit : null });
  }

  private of(bare: string): MergeRequest[] {
    const known = this.kept.get(bare) ?? [];
    this.kept.set(bare, known);
    return known;
  }

  private get(bare: string, number: number): MergeRequest {
    const found = this.of(bare)[number - 1];
    if (!found) throw new AppError('NOT_FOUND', `There is no merge request !${number}`);
    return found;
  }

  private keep(bare: string, mergeRequest: MergeRequest): MergeRequest {
    this.of(bare)[mergeRequest.number - 1] = mergeRequest;
    return mergeRequest;
  }
}
