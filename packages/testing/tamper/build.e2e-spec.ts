import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { ALLOW_MARK } from './allow.js';

const ROOT = process.cwd();
const PACKAGES = '{gateway,web,packages/*,workflows/*,activities/*,services/*}';
const MANIFESTS = globSync(`${PACKAGES}/package.json`, { cwd: ROOT });
const ENTRIES = globSync(`${PACKAGES}/src/{index.ts,*/index.ts}`, { cwd: ROOT });
/** Every build has these: a search of folders that are not there would find nothing either. */
const BUILT = [
  ...['gateway/dist/index.js', 'services/requests/dist/guards.js', 'services/worker/dist/workflow-bundle.js', 'services/standalone/dist/main.js'],
  ...['packages/git/dist/git-guards.js', 'packages/sandbox/dist/docker/docker-guards.js', 'activities/agent/dist/agent-loop.js', 'workflows/delivery/dist/index.js'],
  ...['web/.next/BUILD_ID', 'web/.next/server/app-paths-manifest.json'],
].map((path) => join(ROOT, path));
/** By the mark, or by the path of this folder: in an import, a source map, a list of traced files. */
const ALLOWING = new RegExp(String.raw`${ALLOW_MARK}|(?:testing|\.\.?)[\\/]tamper\b`);

function filesBelow(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function allowing(files: readonly string[]): readonly string[] {
  return files.filter((path) => ALLOWING.test(readFileSync(path, 'latin1')));
}

/** Whatever a build writes. The cache of the console's compiler is read by nothing that runs. */
function builtFiles(): readonly string[] {
  const folders = MANIFESTS.flatMap((path) => ['dist', '.next'].map((name) => join(ROOT, dirname(path), name))).filter((folder) => existsSync(folder));
  return folders.flatMap(filesBelow).filter((path) => !path.startsWith(join(ROOT, 'web/.next/cache')));
}

describe('what opens a guard', () => {
  it('is in this folder and in no build', () => {
    expect(allowing(filesBelow(join(ROOT, 'packages/testing/tamper')))).toContain(join(ROOT, 'packages/testing/tamper/allow.ts'));
    const files = builtFiles();
    expect(files).toEqual(expect.arrayContaining(BUILT));
    expect(allowing(files)).toEqual([]);
  });

  it('is no export of a package', () => {
    expect(MANIFESTS).toEqual(expect.arrayContaining(['packages/testing/package.json', 'services/requests/package.json']));
    const exported = MANIFESTS.map((path) => [path, JSON.stringify((JSON.parse(readFileSync(path, 'utf8')) as { exports?: unknown }).exports ?? null)] as const);
    expect(exported.filter(([, names]) => names.includes('tamper'))).toEqual([]);
    expect(ENTRIES).toEqual(expect.arrayContaining(['packages/testing/src/index.ts', 'services/requests/src/index.ts']));
    expect(ENTRIES.filter((path) => /tamper|\bGUARDS\b/.test(readFileSync(path, 'utf8')))).toEqual([]);
  });
});
