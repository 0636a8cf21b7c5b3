import { posix } from 'node:path';

import { globMatcher } from './glob.js';
import { JsonText } from './json-text.js';
import { notHonest, npmLockPlaces, type WantedVersion } from './npm-lock.js';
import type { RecipeTree } from './recipe-tree.js';
import type { ChangedFile } from './tool-protocol.js';

const NPM_LOCKS = ['package-lock.json', 'npm-shrinkwrap.json'] as const;
const OTHER_LOCKS: Readonly<Record<string, string>> = { 'yarn.lock': 'yarn', 'pnpm-lock.yaml': 'pnpm', 'bun.lock': 'bun', 'bun.lockb': 'bun' };
/** A lock file is one of the largest files of a repository, and no part of it may be left out. */
const MAX_LOCK_BYTES = 64 * 1024 * 1024;
const FLAGS: readonly (readonly [section: string, flag: string])[] = [
  ['devDependencies', ' --save-dev'],
  ['optionalDependencies', ' --save-optional'],
  ['peerDependencies', ' --save-peer'],
];

function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** The folder itself and those above it, the root being ''. */
function upwards(folder: string): readonly string[] {
  const parts = folder === '' ? [] : folder.split('/');
  return [...parts.map((_, index) => parts.slice(0, parts.length - index).join('/')), ''];
}

function workspacePatterns(manifest: JsonText): readonly string[] {
  const value = manifest.at(['workspaces', 'packages'])?.value ?? manifest.at(['workspaces'])?.value;
  return Array.isArray(value) ? value.filter((pattern): pattern is string => typeof pattern === 'string') : [];
}

function isMember(tree: RecipeTree, root: string, member: string): boolean {
  if (tree.isTracked(joined(root, 'pnpm-workspace.yaml'))) return true;
  const path = joined(root, 'package.json');
  if (!tree.isTracked(path)) return false;
  const matches = (pattern: string): boolean => globMatcher(`./${pattern.replace(/^!?(?:\.?\/)*/, '').replace(/(?<!\/)\/+$/, '')}`)(member);
  const patterns = workspacePatterns(new JsonText(path, tree.namedText(path)));
  return patterns.some((pattern) => !pattern.startsWith('!') && matches(pattern)) && !patterns.some((pattern) => pattern.startsWith('!') && matches(pattern));
}

/** An override decides over the range, and may take it from there. */
function requireNoOverride(tree: RecipeTree, root: string, lock: JsonText, { name, command }: WantedVersion): void {
  const path = joined(root, 'package.json');
  if (!tree.isTracked(path)) return;
  const overrides = JSON.stringify(new JsonText(path, tree.namedText(path)).at(['overrides'])?.value ?? {});
  const isNamed = [`"${name}"`, `"${name}@`, `"$${name}"`].some((text) => overrides.includes(text));
  if (isNamed) throw notHonest(lock.path, `${path} overrides versions of ${name}`, command);
}

function quotedForShell(text: string): string {
  return /^[\w@^~./+-]+$/.test(text) ? text : `'${text}'`;
}

function commandOf(program: string, folder: string, { name, version, sections }: Omit<WantedVersion, 'command'>): string {
  const flag = program === 'npm' ? (FLAGS.find(([section]) => sections.has(section))?.[1] ?? '') : '';
  const command = `${program} ${program === 'npm' ? 'install' : 'add'} ${quotedForShell(`${name}@${version}`)}${flag}`;
  return folder === '' ? command : `${command} (in ${folder})`;
}

/**
 * Brings the lock files that hold for a package.json along: the one beside it, and that of a workspace it belongs to.
 *
 * @throws ToolRefusal LOCKFILE_NOT_HONEST where one would need the network.
 */
export function setInLocks(tree: RecipeTree, manifest: string, wanted: Omit<WantedVersion, 'command'>): readonly ChangedFile[] {
  const folder = posix.dirname(manifest) === '.' ? '' : posix.dirname(manifest);
  const changed: ChangedFile[] = [];
  for (const root of upwards(folder)) {
    const importer = root === '' ? folder : folder.slice(root.length + 1);
    const holds = root === folder || isMember(tree, root, importer);
    for (const [name, program] of Object.entries(OTHER_LOCKS)) {
      const path = joined(root, name);
      if (holds && tree.isTracked(path)) throw notHonest(path, `only npm's format can be kept without ${program} itself`, commandOf(program, folder, wanted));
    }
    for (const path of NPM_LOCKS.map((name) => joined(root, name)).filter((name) => tree.isTracked(name))) {
      const lock = new JsonText(path, tree.namedText(path, MAX_LOCK_BYTES));
      if (!holds && !lock.at(['packages', importer])) continue;
      const full = { ...wanted, command: commandOf('npm', folder, wanted) };
      requireNoOverride(tree, root, lock, full);
      const places = npmLockPlaces(lock, importer, full);
      tree.write(path, lock.with(places, wanted.version));
      changed.push({ path, change: 'edit', places: places.length });
    }
  }
  return changed;
}
