import { pathToFileURL } from 'node:url';

import { AppError } from '@countersign/domain';
import { BareRepository, type Git, type RefUpdate } from '@countersign/git';

import type { CodeHostPort, HostedRepository, MergeRequest, MergeRequestDraft, MergeRequestEnd, Review } from '../ports/code-host.port.js';
import { headRef, lastNumber, load, lookupRef, metaRef, readStored, writeMeta, type Loaded, type MetaChange, type StoredMergeRequest } from './merge-request-refs.js';

/** Each try that is lost to another means that the other went forward. */
const TRIES = 50;

function conflict(what: string): AppError {
  return new AppError('CONFLICT', `${what} kept changing while it was written`);
}

/** Merge requests in refs of the bare repository itself: whoever has the repository has them. */
export class LocalCodeHostAdapter implements CodeHostPort<'local'> {
  readonly id = 'local';

  constructor(
    private readonly git: Git,
    /** RFC 3339 UTC; dates the commits that hold merge requests. */
    private readonly now: () => string,
  ) {}

  async findMergeRequest(repository: HostedRepository, requestId: string): Promise<MergeRequest | undefined> {
    const bare = this.open(repository);
    const found = await this.follow(bare, await bare.resolve(lookupRef(requestId)), requestId);
    return found && this.toMergeRequest(repository, found);
  }

  async openMergeRequest(repository: HostedRepository, draft: MergeRequestDraft): Promise<MergeRequest> {
    const bare = this.open(repository);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const lookup = await bare.resolve(lookupRef(draft.requestId));
      const found = await this.follow(bare, lookup, draft.requestId);
      const done = found ? await this.bringUpToDate(bare, found, draft) : await this.create(bare, draft, lookup ?? null);
      if (done) return this.toMergeRequest(repository, done);
    }
    throw conflict('The numbers of merge requests');
  }

  async postReview(repository: HostedRepository, number: number, review: Review): Promise<Review> {
    const changed = await this.change(repository, number, ({ stored, reviews }) =>
      reviews.some(({ head }) => head === review.head) ? undefined : { stored, reviews: { [review.head]: review }, message: `Review of ${review.head}\n` },
    );
    return changed.reviews.find(({ head }) => head === review.head) ?? review;
  }

  async endMergeRequest(repository: HostedRepository, number: number, end: MergeRequestEnd): Promise<MergeRequest> {
    const changed = await this.change(repository, number, ({ stored }) => {
      if (stored.state === 'merged' || stored.state === end.state) return undefined;
      const mergedAs = end.state === 'merged' ? end.commit : null;
      return { stored: { ...stored, state: end.state, mergedAs }, message: `Merge request !${number} is ${end.state}\n` };
    });
    return this.toMergeRequest(repository, changed);
  }

  private open({ bare }: HostedRepository): BareRepository {
    return new BareRepository(this.git, bare);
  }

  private async follow(bare: BareRepository, lookup: string | undefined, requestId: string): Promise<Loaded | undefined> {
    if (lookup === undefined) return undefined;
    const { number } = await readStored(bare, lookup);
    const found = await load(bare, number);
    // A crash between the refs of one transaction may leave a number to another request.
    return found?.stored.requestId === requestId ? found : undefined;
  }

  /**
   * Undefined where the number was taken meanwhile, or another call was quicker. `lookup` is what was seen before: it
   * leads nowhere, so it is none or was left by a crash. The ref that makes a merge request one is written last.
   */
  private async create(bare: BareRepository, draft: MergeRequestDraft, lookup: string | null): Promise<Loaded | undefined> {
    const { head, ...rest } = draft;
    const number = (await lastNumber(bare)) + 1;
    const stored: StoredMergeRequest = { v: 1, number, state: 'open', mergedAs: null, ...rest };
    const meta = await writeMeta(bare, { stored, message: `Merge request !${number} is open\n`, at: this.now() });
    const made = await bare.updateRefs([
      { ref: lookupRef(draft.requestId), to: meta, from: lookup },
      { ref: headRef(number), to: head, from: null },
      { ref: metaRef(number), to: meta, from: null },
    ]);
    return made ? { stored, reviews: [], head, meta } : undefined;
  }

  private async bringUpToDate(bare: BareRepository, found: Loaded, draft: MergeRequestDraft): Promise<Loaded | undefined> {
    const { head, ...rest } = draft;
    const stored: StoredMergeRequest = { ...found.stored, ...rest, state: 'open', mergedAs: null };
    const isCurrent = head === found.head && JSON.stringify(stored) === JSON.stringify(found.stored);
    if (found.stored.state === 'merged' || isCurrent) return found;
    const { number } = stored;
    const meta = await writeMeta(bare, { stored, parent: found.meta, message: `Merge request !${number} is at ${head}\n`, at: this.now() });
    const updates: RefUpdate[] = [
      { ref: headRef(number), to: head, from: found.head },
      { ref: metaRef(number), to: meta, from: found.meta },
    ];
    return (await bare.updateRefs(updates)) ? { ...found, stored, head, meta } : undefined;
  }

  private async change(repository: HostedRepository, number: number, next: (loaded: Loaded) => Omit<MetaChange, 'parent' | 'at'> | undefined): Promise<Loaded> {
    const bare = this.open(repository);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const found = await load(bare, number);
      if (!found) throw new AppError('NOT_FOUND', `There is no merge request !${number}`);
      const change = next(found);
      if (!change) return found;
      const meta = await writeMeta(bare, { ...change, parent: found.meta, at: this.now() });
      if (await bare.updateRefs([{ ref: metaRef(number), to: meta, from: found.meta }])) {
        return { ...found, stored: change.stored, reviews: [...found.reviews, ...Object.values(change.reviews ?? {})], meta };
      }
    }
    throw conflict(`Merge request !${number}`);
  }

  private toMergeRequest({ bare }: HostedRepository, { stored: { v: _v, ...stored }, reviews, head }: Loaded): MergeRequest {
    return { ...stored, head, reviews, url: `${pathToFileURL(bare).href}#${metaRef(stored.number)}` };
  }
}
