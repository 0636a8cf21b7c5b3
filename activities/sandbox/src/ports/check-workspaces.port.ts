import type { RequestWorkspace } from '@countersign/git';

export type CheckWorkspace = Pick<
  RequestWorkspace,
  'prepare' | 'checkout' | 'treeOf' | 'changedPaths' | 'list' | 'read' | 'keepIgnored' | 'addIgnored' | 'placeFolder' | 'keepFolder' | 'dropFolder' | 'gitTouchedSince'
>;

/** The folders of requests on this machine. */
export interface CheckWorkspaces {
  open(requestId: string, bare: string): CheckWorkspace;
  /** Ids of all requests that have a folder here. */
  list(): Promise<readonly string[]>;
  /** Removes a request's folder; answers whether there was one. */
  destroy(requestId: string): Promise<boolean>;
}
