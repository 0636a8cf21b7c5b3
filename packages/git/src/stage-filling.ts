import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { BareRepository } from './bare-repository.js';
import { bytesOf, splitNul, type RawPath } from './git-path.js';
import { giveTo, removeFolder, type Owner } from './hostile-folder.js';
import { addThrowAwayRepository } from './throw-away.js';
import type { KeptTree, TreeCache } from './tree-cache.js';
import { DIFF_TREE, parseRawChanges, type RawChange } from './tree-diff.js';
import { below, canShareFiles, linkAll, placeTree, type FilePair } from './tree-placement.js';

export type StageOrder = {
  /** The request's own, with the project's objects in reach. */
  readonly repository: BareRepository;
  readonly bare: BareRepository;
  /** An empty folder that only we see. */
  readonly stage: string;
  readonly index: string;
  /** What was asked for: a commit, or a tree. */
  readonly commit: string;
  readonly tree: string;
  readonly owner: Owner;
  readonly readOnly: boolean;
  readonly cache: TreeCache | undefined;
};

type Start = { readonly kept: KeptTree; readonly changes: readonly RawChange[] };

const LONG_MS = 600_000;
const MAX_LISTING_BYTES = 1_000_000_000;
/** A tree further away from a kept one is kept itself, or written anew. */
const MAX_CHANGES = 1000;
const MAX_LOOKED_AT = 3;
const NO_CHANGES: readonly RawChange[] = [];
const PACKS = '.git/objects/pack';

/** Fills the stage with the tree and a throw-away `.git`, owned by the sandbox's user: from a kept tree where there is one. */
export async function fillStage(order: StageOrder): Promise<void> {
  const { repository, stage, tree, owner, index } = order;
  const start = order.cache && (await startOf(order, order.cache));
  if (start && order.cache && (await fillFrom(order, order.cache, start))) return;
  await readTree(order);
  await writeFiles(repository, stage, index, ['--all']);
  await addThrowAwayRepository(repository, stage, tree);
  await giveTo(stage, owner);
}

async function startOf(order: StageOrder, cache: TreeCache): Promise<Start | undefined> {
  const { bare, tree, repository } = order;
  const same = await cache.find(bare.dir, tree);
  if (same) return { kept: same, changes: NO_CHANGES };
  for (const name of (await cache.trees(bare.dir)).slice(0, MAX_LOOKED_AT)) {
    const { exitCode, stdout } = await repository.run([...DIFF_TREE, '-z', '--raw', name, tree], { okExitCodes: [0, 128], deadlineMs: LONG_MS, maxOutputBytes: MAX_LISTING_BYTES });
    const { changes } = parseRawChanges(stdout);
    if (exitCode !== 0 || changes.length > MAX_CHANGES) continue;
    const kept = await cache.find(bare.dir, name);
    if (kept) return { kept, changes };
  }
  const kept = (await isWorthKeeping(order, cache)) ? await keep(order, cache) : undefined;
  return kept && { kept, changes: NO_CHANGES };
}

/** Only what is on a branch: the objects of a kept tree come into sight of other requests. */
async function isWorthKeeping({ bare, repository, commit, tree }: StageOrder, cache: TreeCache): Promise<boolean> {
  const listed = await repository.run(['ls-tree', '-r', '-l', '-z', '--full-tree', tree], { deadlineMs: LONG_MS, maxOutputBytes: MAX_LISTING_BYTES });
  const bytes = splitNul(listed.stdout).reduce((sum, entry) => sum + (Number(entry.slice(0, entry.indexOf('\t')).split(/ +/)[3]) || 0), 0);
  if (!(await cache.hasRoomFor(bytes))) return false;
  const { exitCode, stdout } = await bare.run(['for-each-ref', '--count=1', '--format=%(refname)', '--contains', commit, 'refs/heads'], { okExitCodes: [0, 1, 128, 129], deadlineMs: LONG_MS });
  return exitCode === 0 && stdout.length > 0;
}

function keep({ bare, tree, repository }: StageOrder, cache: TreeCache): Promise<KeptTree | undefined> {
  return cache.keep(bare.dir, tree, async (files) => {
    const index = `${files}.index`;
    await readTree({ repository, tree, index, stage: files });
    await writeFiles(repository, files, index, ['--all']);
    await addThrowAwayRepository(repository, files, tree);
    await rm(index, { force: true });
  });
}

/** @returns false, with an empty stage, where the kept tree was removed meanwhile. */
async function fillFrom(order: StageOrder, cache: TreeCache, start: Start): Promise<boolean> {
  const { stage } = order;
  try {
    await place(order, start);
    if (await cache.isWhole(start.kept)) return true;
  } catch (error) {
    if (await cache.isWhole(start.kept)) throw error;
  }
  await removeFolder(stage);
  await mkdir(stage, { mode: 0o700 });
  return false;
}

async function place(order: StageOrder, { kept, changes }: Start): Promise<void> {
  const { repository, stage, tree, index, owner, readOnly } = order;
  const links = await placeKept(order, kept, new Set(changes.map(({ path }) => path)));
  await readTree(order);
  if (changes.length > 0) {
    await removeEmptyParents(stage, changes);
    const written = changes.filter(({ status }) => status !== 'D').map(({ path }) => `${path}\0`);
    await writeFiles(repository, stage, index, ['-z', '--stdin'], bytesOf(written.join('')));
    await addThrowAwayRepository(repository, stage, tree, kept.tree);
  }
  // What was copied beforehand has its owner.
  if (changes.length > 0 || !links.fromSpare) await giveTo(stage, owner);
  await linkAll(links.pairs);
  if (!readOnly) order.cache?.makeSpare(kept, (folder) => copyKept(kept, folder, owner));
}

type Links = { readonly pairs: readonly FilePair[]; readonly fromSpare: boolean };

/** @returns what is to be linked at the end. */
async function placeKept({ stage, readOnly, cache }: StageOrder, kept: KeptTree, left: ReadonlySet<RawPath>): Promise<Links> {
  const isShared = canShareFiles();
  if (!readOnly && (await cache?.takeSpare(kept, stage)) === true) {
    for (const path of left) await rm(below(stage, path), { recursive: true, force: true });
    return { pairs: isShared ? await packsOf(kept, stage) : [], fromSpare: true };
  }
  const shared = (path: RawPath): boolean => isShared && (isThrowAway(path) ? isPack(path) : readOnly);
  return { pairs: await placeTree(kept.files, stage, { skip: (path) => left.has(path), shared }), fromSpare: false };
}

async function copyKept(kept: KeptTree, folder: string, owner: Owner): Promise<void> {
  await placeTree(kept.files, folder, { skip: () => false, shared: (path) => canShareFiles() && isPack(path) });
  await giveTo(folder, owner);
}

async function packsOf(kept: KeptTree, stage: string): Promise<readonly FilePair[]> {
  const names = await readdir(join(kept.files, PACKS));
  return names.map((name) => ({ from: below(kept.files, `${PACKS}/${name}`), to: below(stage, `${PACKS}/${name}`) }));
}

function isThrowAway(path: RawPath): boolean {
  return path.startsWith('.git/');
}

/** git replaces packs and never writes into one. */
function isPack(path: RawPath): boolean {
  return path.startsWith(`${PACKS}/`);
}

/** git has no empty folders: one whose last file is gone may become a file. */
async function removeEmptyParents(stage: string, changes: readonly RawChange[]): Promise<void> {
  for (const { path } of changes.filter(({ status }) => status === 'D')) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const isGone = await rmdir(below(stage, path.slice(0, at))).then(() => true, (error: NodeJS.ErrnoException) => error.code === 'ENOENT');
      if (!isGone) break;
    }
  }
}

async function readTree({ repository, stage, index, tree }: Pick<StageOrder, 'repository' | 'stage' | 'index' | 'tree'>): Promise<void> {
  await rm(index, { force: true });
  await rm(`${index}.lock`, { force: true });
  await repository.run(['read-tree', tree], { workTree: stage, cwd: stage, env: { GIT_INDEX_FILE: index }, deadlineMs: LONG_MS });
}

async function writeFiles(repository: BareRepository, stage: string, index: string, which: readonly string[], stdin?: Uint8Array): Promise<void> {
  const options = { workTree: stage, cwd: stage, env: { GIT_INDEX_FILE: index }, deadlineMs: LONG_MS };
  await repository.run(['checkout-index', '--force', '--quiet', ...which], stdin === undefined ? options : { ...options, stdin });
}
