import type { ErrorCode, FileChange } from '@countersign/domain';

/**
 * What the host and the tool program say to each other: one JSON document in, one out. This folder and
 * `recipes` run inside the sandbox, without any package of the workspace: only types may be imported.
 */
export const TOOLS_MOUNT = '/opt/countersign';
export const WORKSPACE_MOUNT = '/workspace';

export const FILE_TOOLS = ['list', 'search', 'read', 'edit', 'write', 'delete', 'recipe'] as const;
export type FileTool = (typeof FILE_TOOLS)[number];

/** A tracked entry as git has it: mode 160000 is a submodule, 120000 a link. */
export type TrackedEntry = { readonly path: string; readonly mode: string };

export type ToolRequest = {
  readonly root: string;
  readonly tool: FileTool;
  readonly args: Readonly<Record<string, unknown>>;
  /** The commit's entries, from the host: nothing in the sandbox can say what is tracked. */
  readonly tracked: readonly TrackedEntry[];
  /** A larger file is skipped by recipes and search, and said so. */
  readonly maxFileBytes: number;
  /** A regular expression may take for ever; search answers then with what it has. */
  readonly searchTimeoutMs?: number;
};

export type ToolAnswer =
  /** `full`: the whole text where `value` is cut; the host keeps it where the model can read it. */
  | { readonly ok: true; readonly value: unknown; readonly full?: string }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

export type ChangedFile = { readonly path: string; readonly change: FileChange; readonly places?: number };

export type RecipeOutcome =
  | {
      readonly ok: true;
      readonly instruction: string;
      readonly title: string;
      readonly files: readonly ChangedFile[];
      readonly notes: readonly string[];
    }
  | { readonly ok: false; readonly instruction: string; readonly code: ErrorCode; readonly message: string };

/** Outcomes in order; the first refusal is the last one. */
export type RecipeValue = { readonly outcomes: readonly RecipeOutcome[] };

/** Why a tool did not do what it was asked. */
export class ToolRefusal extends Error {
  override readonly name = 'ToolRefusal';

  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }
}
