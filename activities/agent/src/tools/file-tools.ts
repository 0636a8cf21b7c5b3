import { readdirSync } from 'node:fs';

import { globMatcher } from './glob.js';
import type { RecipeTree } from './recipe-tree.js';
import { isLfsPointer, isText } from './text-file.js';
import { ToolRefusal } from './tool-protocol.js';
import { requireRepoPath, type WorkspaceFiles } from './workspace-files.js';

const MAX_LISTED = 2000;
const MAX_MATCHES = 200;
const MAX_LINE_CHARS = 400;
const MAX_READ_CHARS = 64 * 1024;
const MAX_WRITE_BYTES = 1024 * 1024;

export type Workspace = { readonly root: string; readonly files: WorkspaceFiles; readonly tree: RecipeTree; readonly maxFileBytes: number };
export type Args = Readonly<Record<string, unknown>>;

function textArg(args: Args, name: string): string {
  const value = args[name];
  if (typeof value !== 'string') throw new ToolRefusal('INVALID_INPUT', `"${name}" must be text`);
  if (!value.isWellFormed() || value.includes('\0')) throw new ToolRefusal('INVALID_INPUT', `"${name}" is not valid text`);
  return value;
}

/** Files below the workspace, links not followed, `.git` left out. */
function* walk(root: string, folder = ''): Generator<string> {
  const entries = readdirSync(`${root}/${folder}`, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.toLowerCase() === '.git') continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(root, path);
    else if (entry.isFile()) yield path;
  }
}

function matcherOf(args: Args): (path: string) => boolean {
  return args['glob'] === undefined ? () => true : globMatcher(textArg(args, 'glob'));
}

export function list({ root }: Workspace, args: Args): unknown {
  const matches = matcherOf(args);
  const paths: string[] = [];
  for (const path of walk(root)) {
    if (!matches(path)) continue;
    if (paths.length === MAX_LISTED) return { paths, truncated: true };
    paths.push(path);
  }
  return { paths, truncated: false };
}

function readText({ files, maxFileBytes }: Workspace, path: string): string {
  const entry = files.entry(path);
  if (!entry) throw new ToolRefusal('NOT_FOUND', `${path} does not exist`);
  if (entry.isFile() && entry.size > maxFileBytes) throw new ToolRefusal('TOOL_FAILED', `${path} has ${entry.size} bytes; the limit is ${maxFileBytes}`);
  const bytes = files.read(path);
  if (!bytes || !isText(bytes)) throw new ToolRefusal('TOOL_FAILED', `${path} is not UTF-8 text`);
  return bytes.toString('utf8');
}

function isSearchable({ files, maxFileBytes }: Workspace, path: string): boolean {
  const entry = files.entry(path);
  return entry !== undefined && entry.isFile() && entry.size <= maxFileBytes;
}

/** Literal text, line by line. */
export function search(workspace: Workspace, args: Args): unknown {
  const needle = textArg(args, 'text');
  if (needle === '') throw new ToolRefusal('INVALID_INPUT', '"text" must not be empty');
  const matches = matcherOf(args);
  const found: { path: string; line: number; text: string }[] = [];
  for (const path of walk(workspace.root)) {
    if (!matches(path) || !isSearchable(workspace, path)) continue;
    const bytes = workspace.files.read(path);
    if (!bytes?.includes(needle) || !isText(bytes)) continue;
    for (const [index, line] of bytes.toString('utf8').split('\n').entries()) {
      if (!line.includes(needle)) continue;
      if (found.length === MAX_MATCHES) return { found, truncated: true };
      found.push({ path, line: index + 1, text: line.slice(0, MAX_LINE_CHARS) });
    }
  }
  return { found, truncated: false };
}

export function read(workspace: Workspace, args: Args): unknown {
  const path = requireRepoPath(args['path']);
  const lines = readText(workspace, path).split('\n');
  const from = typeof args['fromLine'] === 'number' ? Math.max(1, Math.trunc(args['fromLine'])) : 1;
  const to = typeof args['toLine'] === 'number' ? Math.trunc(args['toLine']) : lines.length;
  const text = lines.slice(from - 1, to).join('\n');
  return { path, fromLine: from, lines: lines.length, text: text.slice(0, MAX_READ_CHARS), truncated: text.length > MAX_READ_CHARS };
}

/** Submodules and LFS pointers stay untouched, whichever tool is asked. */
function requireOwn({ files, tree }: Workspace, path: string): void {
  tree.requireOutsideSubmodules(path);
  const bytes = files.entry(path)?.isFile() ? files.read(path) : undefined;
  if (bytes && isLfsPointer(bytes)) throw new ToolRefusal('PLAN_TOUCHES_LFS', `${path} is a Git LFS pointer and stays untouched`);
}

export function edit(workspace: Workspace, args: Args): unknown {
  const path = requireRepoPath(args['path']);
  const old = textArg(args, 'old');
  const replacement = textArg(args, 'new');
  requireOwn(workspace, path);
  const text = readText(workspace, path);
  const at = old === '' ? -1 : text.indexOf(old);
  if (at < 0) throw new ToolRefusal('TOOL_FAILED', `The text to replace is not in ${path}`);
  if (text.indexOf(old, at + 1) >= 0) throw new ToolRefusal('TOOL_FAILED', `The text to replace is in ${path} more than once; give more of its surroundings`);
  workspace.files.write(path, Buffer.from(text.slice(0, at) + replacement + text.slice(at + old.length), 'utf8'));
  return { path };
}

export function write(workspace: Workspace, args: Args): unknown {
  const path = requireRepoPath(args['path']);
  const bytes = Buffer.from(textArg(args, 'content'), 'utf8');
  if (bytes.length > MAX_WRITE_BYTES) throw new ToolRefusal('TOOL_FAILED', `The content has ${bytes.length} bytes; the limit is ${MAX_WRITE_BYTES}`);
  requireOwn(workspace, path);
  workspace.files.write(path, bytes);
  return { path, bytes: bytes.length };
}

export function remove(workspace: Workspace, args: Args): unknown {
  const path = requireRepoPath(args['path']);
  requireOwn(workspace, path);
  workspace.files.remove(path);
  return { path };
}
