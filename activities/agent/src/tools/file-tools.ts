import { applyEdits, type Edit } from './edit-tool.js';
import { filesOf, globsOf, type Args, type Workspace } from './file-selection.js';
import { flagArg, numberArg, textArg } from './tool-args.js';
import { isLfsPointer, isText } from './text-file.js';
import { numberedLines } from './text-lines.js';
import { ToolRefusal, type ToolAnswer } from './tool-protocol.js';
import { requireRepoPath } from './workspace-files.js';

const SHOWN_PATHS = 500;
const MAX_PATHS = 50_000;
/** What is read is cut by lines; the whole file has to fit into memory once. */
const MAX_READ_BYTES = 32 * 1024 * 1024;
const MAX_WRITE_BYTES = 1024 * 1024;

export function list(workspace: Workspace, args: Args): ToolAnswer {
  const paths: string[] = [];
  for (const path of filesOf(workspace, globsOf(args), flagArg(args, 'ignored'))) {
    if (paths.length === MAX_PATHS) break;
    paths.push(path);
  }
  const heading = `${paths.length === MAX_PATHS ? 'More than ' : ''}${paths.length} ${paths.length === 1 ? 'file' : 'files'}`;
  // A name may hold a line end: it must not look like two files.
  const lines = paths.map((path) => (/[\p{Cc}]/u.test(path) ? JSON.stringify(path) : path));
  if (paths.length <= SHOWN_PATHS) return { ok: true, value: [heading, ...lines].join('\n') };
  const value = [`${heading}; the first ${SHOWN_PATHS} are shown`, ...lines.slice(0, SHOWN_PATHS)].join('\n');
  return { ok: true, value, full: [heading, ...lines].join('\n') };
}

function readText({ files }: Workspace, path: string, maxBytes: number): string {
  const entry = files.entry(path);
  if (!entry) throw new ToolRefusal('NOT_FOUND', `${path} does not exist`);
  if (entry.isDirectory()) throw new ToolRefusal('TOOL_FAILED', `${path} is a folder; list shows what is in it`);
  if (entry.isFile() && entry.size > maxBytes) throw new ToolRefusal('TOOL_FAILED', `${path} has ${entry.size} bytes; the limit is ${maxBytes}`);
  const bytes = files.read(path);
  if (!bytes || !isText(bytes)) throw new ToolRefusal('TOOL_FAILED', `${path} is not UTF-8 text`);
  return bytes.toString('utf8');
}

export function read(workspace: Workspace, args: Args): ToolAnswer {
  const path = requireRepoPath(args['path']);
  const text = readText(workspace, path, MAX_READ_BYTES);
  const range = { fromLine: numberArg(args, 'fromLine', undefined), toLine: numberArg(args, 'toLine', undefined), fromColumn: numberArg(args, 'fromColumn', undefined) };
  return { ok: true, value: numberedLines(path, text, range) };
}

/** Submodules and LFS pointers stay untouched, whichever tool is asked. */
function requireOwn({ files, tree }: Workspace, path: string): void {
  tree.requireOutsideSubmodules(path);
  const bytes = files.entry(path)?.isFile() ? files.read(path) : undefined;
  if (bytes && isLfsPointer(bytes)) throw new ToolRefusal('PLAN_TOUCHES_LFS', `${path} is a Git LFS pointer and stays untouched`);
}

function editOf(value: unknown): Edit {
  if (typeof value !== 'object' || value === null) throw new ToolRefusal('INVALID_INPUT', 'Each edit must have "old" and "new"');
  const args = value as Args;
  const old = textArg(args, 'old');
  if (old === '') throw new ToolRefusal('INVALID_INPUT', '"old" must not be empty; write makes a new file');
  return { old, new: textArg(args, 'new'), replaceAll: flagArg(args, 'replaceAll') };
}

export function edit(workspace: Workspace, args: Args): ToolAnswer {
  const path = requireRepoPath(args['path']);
  const { edits } = args;
  if (!Array.isArray(edits) || edits.length === 0) throw new ToolRefusal('INVALID_INPUT', '"edits" must be a list of at least one edit');
  requireOwn(workspace, path);
  const { text, words } = applyEdits(path, readText(workspace, path, workspace.maxFileBytes), edits.map(editOf));
  workspace.files.write(path, Buffer.from(text, 'utf8'));
  return { ok: true, value: words };
}

export function write(workspace: Workspace, args: Args): ToolAnswer {
  const path = requireRepoPath(args['path']);
  const bytes = Buffer.from(textArg(args, 'content'), 'utf8');
  if (bytes.length > MAX_WRITE_BYTES) throw new ToolRefusal('TOOL_FAILED', `The content has ${bytes.length} bytes; the limit is ${MAX_WRITE_BYTES}`);
  requireOwn(workspace, path);
  const isNew = workspace.files.entry(path) === undefined;
  workspace.files.write(path, bytes);
  return { ok: true, value: `${path} ${isNew ? 'added' : 'written over'}, ${bytes.length} bytes` };
}

export function remove(workspace: Workspace, args: Args): ToolAnswer {
  const path = requireRepoPath(args['path']);
  requireOwn(workspace, path);
  workspace.files.remove(path);
  return { ok: true, value: `${path} deleted` };
}
