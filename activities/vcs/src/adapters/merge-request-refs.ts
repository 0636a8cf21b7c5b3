import { AppError } from '@countersign/domain';
import type { BareRepository } from '@countersign/git';

import type { MergeRequest, Review } from '../ports/code-host.port.js';

/** What is stored as `merge-request.json`; the head is a ref of its own. */
export type StoredMergeRequest = Omit<MergeRequest, 'url' | 'head' | 'reviews'> & { readonly v: 1 };

export type Loaded = {
  readonly stored: StoredMergeRequest;
  readonly reviews: readonly Review[];
  readonly head: string;
  /** The commit whose tree holds all of it: what a change is compared with. */
  readonly meta: string;
};

export const headRef = (number: number): string => `refs/merge-requests/${number}/head`;
export const metaRef = (number: number): string => `refs/merge-requests/${number}/meta`;
export const lookupRef = (requestId: string): string => `refs/countersign/requests/${requestId}/mr`;

const FILE = 'merge-request.json';
const IDENTITY = { name: 'Countersign', email: 'noreply@countersign.invalid' } as const;

function asFile(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

export async function readStored(bare: BareRepository, commit: string): Promise<StoredMergeRequest> {
  const bytes = await bare.readFile(commit, FILE);
  if (!bytes) throw new AppError('INTERNAL', `${commit.slice(0, 12)} holds no merge request`);
  return JSON.parse(bytes.toString('utf8')) as StoredMergeRequest;
}

async function readReviews(bare: BareRepository, commit: string): Promise<readonly Review[]> {
  const listed = await bare.run(['ls-tree', '-z', '--name-only', '--full-tree', commit, '--', 'reviews/']);
  const paths = listed.stdout.toString('utf8').split('\0').filter(Boolean);
  const files = await Promise.all(paths.map((path) => bare.readFile(commit, path)));
  return files.flatMap((bytes) => (bytes ? [JSON.parse(bytes.toString('utf8')) as Review] : []));
}

/** The merge request of a number; undefined where there is none, or only half of one that a crash left. */
export async function load(bare: BareRepository, number: number): Promise<Loaded | undefined> {
  const meta = await bare.resolve(metaRef(number));
  const head = await bare.resolve(headRef(number));
  if (meta === undefined || head === undefined) return undefined;
  return { stored: await readStored(bare, meta), reviews: await readReviews(bare, meta), head, meta };
}

/** Highest number in use, also by half of a merge request. */
export async function lastNumber(bare: BareRepository): Promise<number> {
  const refs = await bare.refs('refs/merge-requests/');
  return refs.reduce((last, { ref }) => Math.max(last, Number(ref.split('/')[2]) || 0), 0);
}

export type MetaChange = {
  readonly stored: StoredMergeRequest;
  readonly reviews?: Readonly<Record<string, Review>>;
  /** The commit before; none for the first. */
  readonly parent?: string;
  readonly message: string;
  readonly at: string;
};

/** Writes a commit that no ref names yet. */
export async function writeMeta(bare: BareRepository, { stored, reviews = {}, parent, message, at }: MetaChange): Promise<string> {
  const files = Object.fromEntries(Object.entries(reviews).map(([head, review]) => [`reviews/${head}.json`, asFile(review)]));
  const tree = await bare.writeTree({ [FILE]: asFile(stored), ...files }, parent);
  return bare.commit({ tree, parents: parent === undefined ? [] : [parent], message, ...IDENTITY, at });
}
