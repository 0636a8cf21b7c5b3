import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { AppError, type DiffFile } from '@countersign/domain';

import type { AgentWorkspacePort } from '../ports/agent-workspace.port.js';

type File = { readonly mode: string; readonly bytes: Buffer };
type Tree = ReadonlyMap<string, File>;

export type FakeAgentWorkspace = AgentWorkspacePort & {
  /** Stores files as a commit of its own; answers its id. */
  commit(files: Readonly<Record<string, string | Buffer>>): string;
  /** Text of a commit's files. */
  texts(commit: string): Readonly<Record<string, string>>;
  folder(name: string): string;
};

function treeId(tree: Tree): string {
  const hash = createHash('sha1');
  for (const [path, { mode, bytes }] of [...tree].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${path}\0${mode}\0${bytes.length}\0`).update(bytes);
  return hash.digest('hex');
}

function readFolder(root: string, folder = ''): [string, File][] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return readFolder(root, path);
    const isExecutable = (statSync(join(root, path)).mode & 0o100) !== 0;
    return [[path, { mode: isExecutable ? '100755' : '100644', bytes: readFileSync(join(root, path)) }] as [string, File]];
  });
}

function diffFiles(base: Tree, head: Tree): readonly DiffFile[] {
  const paths = [...new Set([...base.keys(), ...head.keys()])].sort();
  return paths.flatMap((path) => {
    const [before, after] = [base.get(path), head.get(path)];
    if (before && after && before.bytes.equals(after.bytes) && before.mode === after.mode) return [];
    const change = !before ? ('add' as const) : !after ? ('delete' as const) : ('edit' as const);
    return [{ path, change, added: 1, removed: 1, binary: false }];
  });
}

/** Commits in memory, checkouts in real folders below `root`. Keeps the ids' guarantee: same content, same id. */
export function fakeAgentWorkspace(root: string): FakeAgentWorkspace {
  const commits = new Map<string, Tree>();
  const treeOf = (commit: string): Tree => {
    const tree = commits.get(commit);
    if (!tree) throw new AppError('NOT_FOUND', `No commit ${commit}`);
    return tree;
  };
  const folder = (name: string): string => join(root, name);
  return {
    folder,
    commit(files) {
      const tree: Tree = new Map(Object.entries(files).map(([path, content]) => [path, { mode: '100644', bytes: Buffer.from(content) }]));
      const id = createHash('sha1').update(`root ${treeId(tree)}`).digest('hex');
      commits.set(id, tree);
      return id;
    },
    texts: (commit) => Object.fromEntries([...treeOf(commit)].sort().map(([path, { bytes }]) => [path, bytes.toString('utf8')])),
    async prepare() {
      mkdirSync(root, { recursive: true });
    },
    async checkout(name, commit) {
      const tree = treeOf(commit);
      rmSync(folder(name), { recursive: true, force: true });
      mkdirSync(folder(name), { recursive: true });
      for (const [path, { mode, bytes }] of tree) {
        mkdirSync(dirname(join(folder(name), path)), { recursive: true });
        writeFileSync(join(folder(name), path), bytes);
        chmodSync(join(folder(name), path), mode === '100755' ? 0o755 : 0o644);
      }
      return folder(name);
    },
    async snapshot(name, { parent, message, at }) {
      const files: Tree = new Map(readFolder(folder(name)));
      const tree = treeId(files);
      if (tree === treeId(treeOf(parent))) return { commit: parent, tree, changed: false };
      const commit = createHash('sha1').update(`${parent} ${tree} ${message} ${at}`).digest('hex');
      commits.set(commit, files);
      return { commit, tree, changed: true };
    },
    async diff(base, head) {
      const files = diffFiles(treeOf(base), treeOf(head));
      return { patch: Buffer.from(files.map((file) => `${file.change} ${file.path}\n`).join('')), files };
    },
    async read(commit, path) {
      return treeOf(commit).get(path)?.bytes;
    },
    async list(commit) {
      return [...treeOf(commit)].map(([path, { mode, bytes }]) => ({ path, mode, bytes: bytes.length })).sort((a, b) => (a.path < b.path ? -1 : 1));
    },
  };
}
