import { createHash } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDERS = ['packages', 'workflows', 'activities', 'services', 'gateway', 'web'];
const FILES = ['.swcrc', 'nx.json', 'tsconfig.json', 'package-lock.json'];
const MADE = new Set(['node_modules', 'dist', '.next', 'coverage', 'generated', 'next-env.d.ts']);
const NOT_BUILT = /\.(int-|e2e-)?spec\.tsx?$|\.tsbuildinfo$|\/(test|e2e)\//;

/** A digest of everything a build reads, by size and time of change: reading it all would take seconds. */
export function sourcesDigest(root) {
  const hash = createHash('sha256');
  const paths = [...FOLDERS.flatMap((folder) => walk(root, folder)), ...FILES];
  for (const path of paths.sort()) {
    if (NOT_BUILT.test(path)) continue;
    const stat = lstatSync(join(root, path), { throwIfNoEntry: false });
    hash.update(`${path}\0${stat?.size}\0${stat?.mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function walk(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (MADE.has(entry.name)) return [];
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? walk(root, path) : [path];
  });
}
