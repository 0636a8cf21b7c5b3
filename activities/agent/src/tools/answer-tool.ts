import { edit, list, read, remove, search, write, type Args, type Workspace } from './file-tools.js';
import { RecipeTree } from './recipe-tree.js';
import { runRecipes } from './recipe-tool.js';
import { ToolRefusal, type FileTool, type ToolAnswer, type ToolRequest } from './tool-protocol.js';
import { WorkspaceFiles, fileErrorCode } from './workspace-files.js';

function recipe({ tree }: Workspace, args: Args): unknown {
  const { instructions, dryRun } = args;
  if (!Array.isArray(instructions) || !instructions.every((text): text is string => typeof text === 'string')) {
    throw new ToolRefusal('INVALID_INPUT', '"instructions" must be a list of texts');
  }
  return runRecipes(tree, instructions, dryRun === true);
}

const TOOLS: Readonly<Record<FileTool, (workspace: Workspace, args: Args) => unknown>> = { list, search, read, edit, write, delete: remove, recipe };

/** Answers one request; a refusal is an answer, a bug is thrown. */
export function answerTool({ root, tool, args, tracked, maxFileBytes }: ToolRequest): ToolAnswer {
  try {
    const files = new WorkspaceFiles(root);
    const tree = new RecipeTree(files, tracked, maxFileBytes);
    return { ok: true, value: TOOLS[tool]({ root, files, tree, maxFileBytes }, args) };
  } catch (error) {
    if (error instanceof ToolRefusal) return { ok: false, code: error.code, message: error.message };
    const code = fileErrorCode(error);
    if (code) return { ok: false, code: 'TOOL_FAILED', message: `The workspace refused: ${code}` };
    throw error;
  }
}
