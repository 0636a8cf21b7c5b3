import type { DiffFile } from '@countersign/domain';

/**
 * The part of `RequestWorkspace` of @countersign/git that the agent needs. While a method runs that takes
 * a `name`, no process of a sandbox may be writing into that folder.
 */
export interface AgentWorkspacePort {
  prepare(): Promise<void>;
  /**
   * Makes a folder of the host hold exactly the commit's files, whatever was left in it; answers its path. The files
   * of a `readOnly` one may be root's: nothing may be written into it.
   */
  checkout(name: string, commit: string, options?: { readonly readOnly?: boolean }): Promise<string>;
  /** The folder's files as one commit on `parent`; the same files, parent, message and time make the same commit. */
  snapshot(
    name: string,
    options: { readonly parent: string; readonly message: string; readonly at: string; readonly force?: readonly string[] },
  ): Promise<{ readonly commit: string; readonly tree: string; readonly changed: boolean }>;
  /** Renames are not looked for: a moved file is one deleted and one added. */
  diff(base: string, head: string): Promise<{ readonly patch: Buffer; readonly files: readonly DiffFile[] }>;
  /** Content of a file in a commit; undefined where the commit has no such file. */
  read(commit: string, path: string): Promise<Buffer | undefined>;
  list(commit: string): Promise<readonly { readonly path: string; readonly mode: string; readonly bytes: number }[]>;
}

/** One workspace for each request, made from the project's bare copy. */
export type AgentWorkspaces = (request: { readonly requestId: string; readonly bare: string }) => AgentWorkspacePort;
