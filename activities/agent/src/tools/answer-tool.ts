import type { Args, Workspace } from './file-selection.js';
import { edit, list, read, remove, write } from './file-tools.js';
import { RecipeTree } from './recipe-tree.js';
import { runRecipes } from './recipe-tool.js';
import { search } from './search-tool.js';
import { flagArg, textsArg } from './tool-args.js';
import { ToolRefusal, type FileTool, type ToolAnswer, type ToolRequest } from './tool-protocol.js';
import { WorkspaceFiles, fileErrorCode } from './workspace-files.js';

function recipe({ tree }: Workspace, args: Args): ToolAnswer {
  return { ok: true, value: runRecipes(tree, textsArg(args, 'instructions'), flagArg(args, 'dryRun')) };
}

const TOOLS: Readonly<Record<FileTool, (workspace: Workspace, args: Args) => ToolAnswer>> = { list, search, read, edit, write, delete: remove, recipe };

/** Answers one request; a refusal is an answer, a bug is thrown. */
export function answerTool({ root, tool, args, tracked, maxFileBytes, searchTimeoutMs }: ToolRequest): ToolAnswer {
  try {
    const files = new WorkspaceFiles(root);
    const tree = new RecipeTree(files, tracked, maxFileBytes);
    return TOOLS[tool]({ root, files, tree, tracked, maxFileBytes, searchTimeoutMs }, args);
  } catch (error) {
    if (error instanceof ToolRefusal) return { ok: false, code: error.code, message: error.message };
    const code = fileErrorCode(error);
    if (code) return { ok: false, code: 'TOOL_FAILED', message: `The workspace refused: ${code}` };
    throw error;
  }
}
