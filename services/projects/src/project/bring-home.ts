import { isUrlSource, quoteWord } from '@countersign/git';

/** What to type to have a merged result in the source: the source itself is never written by us. */
export function bringHomeCommands(repo: string, bare: string, branch: string): string[] {
  if (branch === '') return [];
  const from = `${quoteWord(bare)} ${quoteWord(branch)}`;
  if (isUrlSource(repo)) return [`git -C ${quoteWord(bare)} push ${quoteWord(repo)} ${quoteWord(`${branch}:${branch}`)}`];
  return [`git -C ${quoteWord(repo)} pull --ff-only ${from}`];
}
