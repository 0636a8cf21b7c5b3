import type { ModelStage } from '@countersign/domain';
import { z } from 'zod';

import type { ToolDeclaration } from './ports/language-model.port.js';

/** Codes with which a model may say why it cannot; anything else of its own is MODEL_CANNOT. */
export const CANNOT_CODES = [
  'MODEL_CANNOT',
  'RENAME_TARGET_TAKEN',
  'NOTHING_TO_CHANGE',
  'PLAN_TOUCHES_SUBMODULE',
  'PLAN_TOUCHES_LFS',
  'ALREADY_EXISTS',
  'NOT_FOUND',
  'PATH_OUTSIDE_WORKSPACE',
  'EDIT_NOT_UNIQUE',
  'LOCKFILE_NOT_HONEST',
  'TOOL_FAILED',
] as const;
export type CannotCode = (typeof CANNOT_CODES)[number];

const path = z.string().min(1).max(4096).describe('Relative to the root of the repository');
const globs = z
  .array(z.string().min(1).max(1000))
  .max(50)
  .optional()
  .describe('Only paths within one of these, such as "src/**/*.ts" or "docs/"; one that begins with "!" leaves paths out');
const ignored = z.boolean().optional().describe('Also files that git does not track, such as installed packages');
const line = z.int().min(1).optional();

export const TOOL_ARGS = {
  list: z.strictObject({ globs, ignored }),
  search: z.strictObject({
    pattern: z.string().min(1).max(10_000).describe('A regular expression, tried on one line at a time'),
    literal: z.boolean().optional().describe('Take the pattern as plain text'),
    ignoreCase: z.boolean().optional(),
    globs,
    ignored,
    context: z.int().min(0).max(10).optional().describe('Lines to show around each match'),
    maxMatches: z.int().min(1).max(1000).optional().describe('Default 100'),
  }),
  read: z.strictObject({
    path: path.describe('A path of the repository, or "output:…" as an earlier answer named it'),
    fromLine: line,
    toLine: line,
    fromColumn: line.describe('Show each line from this character on, for very long lines'),
  }),
  edit: z.strictObject({
    path,
    edits: z
      .array(
        z.strictObject({
          old: z.string().min(1).describe('Exact text of the file, without line numbers; must be there once unless replaceAll'),
          new: z.string(),
          replaceAll: z.boolean().optional(),
        }),
      )
      .min(1)
      .max(200)
      .describe('Applied in order, all or none'),
  }),
  write: z.strictObject({ path, content: z.string() }),
  delete: z.strictObject({ path }),
  recipe: z.strictObject({ instructions: z.array(z.string().min(1)).min(1).max(200), dryRun: z.boolean().optional() }),
  run: z.strictObject({ argv: z.array(z.string()).min(1).max(100).describe('Program and arguments, exactly as the plan lists them') }),
  finish: z.strictObject({ summary: z.string().describe('What was done, in a sentence or two') }),
  cannot: z.strictObject({
    message: z.string().min(1).describe('What cannot be done and why, for the person who asked'),
    understood: z.array(z.string()).optional().describe('What of the request was understood'),
    code: z.enum(CANNOT_CODES).optional(),
  }),
} as const;
export type ToolName = keyof typeof TOOL_ARGS;

/** Many models write null for what they leave out. */
export function readArgs(name: ToolName, args: Readonly<Record<string, unknown>>): z.ZodSafeParseResult<Record<string, unknown>> {
  return TOOL_ARGS[name].safeParse(Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null)));
}

const DESCRIPTIONS: Readonly<Record<ToolName, string>> = {
  list: 'Lists the files that git tracks.',
  search: 'Searches tracked text files line by line, as ripgrep does, and shows path, line number and line of each match.',
  read: 'Reads a text file with line numbers, up to 2000 lines at once; the answer says what is left out and how to read on.',
  edit: 'Replaces exact texts in one file. A text that is missing, or there more than once without replaceAll, changes nothing and says where it is.',
  write: 'Writes a whole file, new or not. Prefer edit for a change within a file.',
  delete: 'Deletes a file.',
  recipe: 'Makes deterministic changes in order, all or none: "rename a to b", "replace \"a\" with \"b\"", "delete file x", "move file a.ts to b/c.ts" (updates relative imports), "insert \"a\" after \"b\" in x", "set left-pad to ^1.2.3 in package.json". With dryRun it only says what would change.',
  run: "Runs one of the plan's commands in the project's sandbox, given as an argument vector. No shell, no network.",
  finish: 'Says that every step is done and verified.',
  cannot: 'Says that it cannot be done, and why. Ends the work.',
};

const STAGE_TOOLS: Readonly<Record<ModelStage, readonly ToolName[]>> = {
  spec: ['cannot'],
  plan: ['list', 'search', 'read', 'recipe', 'cannot'],
  review: ['list', 'search', 'read'],
  chat: ['list', 'search', 'read'],
  execute: ['list', 'search', 'read', 'edit', 'write', 'delete', 'recipe', 'run', 'finish', 'cannot'],
};

export function isOffered(stage: ModelStage, name: string): name is ToolName {
  return (STAGE_TOOLS[stage] as readonly string[]).includes(name);
}

export function toolsOf(stage: ModelStage): readonly ToolDeclaration[] {
  return STAGE_TOOLS[stage].map((name) => ({ name, description: DESCRIPTIONS[name], input: z.toJSONSchema(TOOL_ARGS[name]) }));
}
