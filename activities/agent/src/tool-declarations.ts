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
  'TOOL_FAILED',
] as const;
export type CannotCode = (typeof CANNOT_CODES)[number];

const path = z.string().min(1).max(4096);
const glob = z.string().min(1).max(1000).optional();

export const TOOL_ARGS = {
  list: z.strictObject({ glob }),
  search: z.strictObject({ text: z.string().min(1).max(10_000), glob }),
  read: z.strictObject({ path, fromLine: z.int().positive().optional(), toLine: z.int().positive().optional() }),
  edit: z.strictObject({ path, old: z.string().min(1), new: z.string() }),
  write: z.strictObject({ path, content: z.string() }),
  delete: z.strictObject({ path }),
  recipe: z.strictObject({ instructions: z.array(z.string().min(1)).min(1).max(200), dryRun: z.boolean().optional() }),
  run: z.strictObject({ argv: z.array(z.string()).min(1).max(100) }),
  finish: z.strictObject({ summary: z.string() }),
  cannot: z.strictObject({ message: z.string().min(1), understood: z.array(z.string()).optional(), code: z.enum(CANNOT_CODES).optional() }),
} as const;
export type ToolName = keyof typeof TOOL_ARGS;

const DESCRIPTIONS: Readonly<Record<ToolName, string>> = {
  list: 'Files of the workspace, optionally within a glob.',
  search: 'Lines that hold a literal text.',
  read: 'A text file, or a range of its lines.',
  edit: 'Replaces a text that occurs exactly once in a file.',
  write: 'Writes a whole file.',
  delete: 'Deletes a file.',
  recipe: 'Makes deterministic changes in order, all or none: rename, replace, add file, delete file. With dryRun it only says what would change.',
  run: "Runs one of the plan's commands, given as an argument vector.",
  finish: 'Says that every step is done.',
  cannot: 'Says that it cannot be done, and why.',
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
