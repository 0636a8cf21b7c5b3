import type { Finding } from '@countersign/domain';

export const CODE_HOSTS = ['local'] as const;
export type CodeHostId = (typeof CODE_HOSTS)[number];

export type HostedRepository = { readonly bare: string };

export const MERGE_REQUEST_STATES = ['open', 'merged', 'closed'] as const;
export type MergeRequestState = (typeof MERGE_REQUEST_STATES)[number];

/** One review of one head commit. */
export type Review = {
  readonly reviewer: string;
  readonly head: string;
  readonly blocking: boolean;
  readonly findings: readonly Finding[];
};

export type MergeRequestDraft = {
  readonly requestId: string;
  /** One line. */
  readonly title: string;
  readonly body: string;
  /** Branch names, without `refs/heads/`. */
  readonly source: string;
  readonly target: string;
  readonly head: string;
};

export type MergeRequest = MergeRequestDraft & {
  readonly number: number;
  readonly url: string;
  readonly state: MergeRequestState;
  /** The merge commit, once merged. */
  readonly mergedAs: string | null;
  readonly reviews: readonly Review[];
};

export type MergeRequestEnd = { readonly state: 'merged'; readonly commit: string } | { readonly state: 'closed' };

/**
 * A place that keeps merge requests. Every method may be called again after a call whose answer was lost.
 *
 * @throws AppError NOT_FOUND where a number names no merge request, CONFLICT where others kept changing it.
 */
export interface CodeHostPort<Id extends CodeHostId = CodeHostId> {
  readonly id: Id;
  /** Must see anything `openMergeRequest` has made for the request, even if the caller never got the answer. */
  findMergeRequest(repository: HostedRepository, requestId: string): Promise<MergeRequest | undefined>;
  /** Opens one, or brings the request's own up to date with the draft; one that was merged stays as it is. */
  openMergeRequest(repository: HostedRepository, draft: MergeRequestDraft): Promise<MergeRequest>;
  /** Posts one review for each head commit; answers the one that counts, which is the first. */
  postReview(repository: HostedRepository, number: number, review: Review): Promise<Review>;
  /** A merged one stays merged. */
  endMergeRequest(repository: HostedRepository, number: number, end: MergeRequestEnd): Promise<MergeRequest>;
}
