import { isUrlSource, quoteWord } from '@countersign/git';

/** What a person types to have the merge in the source, which is never written by us. */
export function bringHome(repo: string, bare: string, branch: string): readonly string[] {
  if (isUrlSource(repo)) return [`git -C ${quoteWord(bare)} push ${quoteWord(repo)} ${quoteWord(`${branch}:${branch}`)}`];
  return [`git -C ${quoteWord(repo)} pull --ff-only ${quoteWord(bare)} ${quoteWord(branch)}`];
}
