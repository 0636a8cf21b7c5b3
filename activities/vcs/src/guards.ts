import { checkEffect, logBlock } from '@countersign/domain';

/** What a result says of itself: the commit that it was made from, and its tree. */
type Told = { readonly baseCommit: string; readonly tree: string };
/** What is true of it: the base of the plan that was signed, the tree of the head by git, and whether the head comes from the base. */
type Found = { readonly planBase: string; readonly tree: string; readonly descends: boolean };

/** The result was made from the very commit that the plan was made for. */
function isFromPlan({ baseCommit, tree }: Told, found: Found): boolean {
  return baseCommit === found.planBase && tree === found.tree && found.descends;
}

/** The request's branch names the head that was reviewed, and nothing that somebody pushed since. */
function isOurHead(named: string | undefined, head: string): boolean {
  return named === head;
}

/** What stands between an attack and a repository. The product gives in these and nothing else. */
export const VCS_GUARDS = { checkEffect, logBlock, isFromPlan, isOurHead } as const;

export type VcsGuards = typeof VCS_GUARDS;
