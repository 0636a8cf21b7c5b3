import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

const ROOT = join(__dirname, '..');
const MAX_LINES = 400;
const MAX_SPEC_LINES = 600;

const SOURCE = /\.(ts|tsx|mts|cts|js|mjs|cjs)$/;
const SPEC = /\.(int-|e2e-)?spec\.ts$|\.contract\.ts$|\/(test|testing)\//;
const TEST_FILE = /\.(int-|e2e-)?spec\.ts$|\.contract\.ts$/;
const GENERATED = /(^|\/)(generated|histories|migrations?)\/|migrations?\.ts$|^package-lock\.json$|\.graphql$/;
const BANNED_NAMES = ['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'manager', 'base', 'shared', 'types'];
/** Folders whose index.ts is a package entry of its own, by `exports`. */
const ENTRY_FOLDERS = ['testing', 'digest', 'schema'];

/** Spelled in pieces, so that this file does not hold what it forbids. */
const REGISTRY_HOSTS = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['npm', 'pkg', 'github', 'com'],
  ['proxy', 'golang', 'org'],
  ['repo1', 'maven', 'org'],
  ['registry-1', 'docker', 'io'],
].map((parts) => parts.join('.'));
const MACHINE_PATHS = [new RegExp(['', 'work', 'main', ''].join('/')), new RegExp(['', 'work', 'shared'].join('/')), /\/(home|Users)\/[a-z][a-z0-9_-]+\/(?:src|code|dev|git|projects|work)\b/];
const NOT_RUN = new RegExp(String.raw`\b(?:it|test|describe)\.(?:skip|only|todo)\b|\b(?:x(?:it|test|describe)|f(?:it|describe))\(`);
const IMPORT = /(?:from\s+|import\s+|import\(\s*|require(?:\.resolve)?\(\s*)['"](@countersign\/[a-z-]+)/g;

type Manifest = { readonly name: string } & Readonly<Partial<Record<'dependencies' | 'devDependencies' | 'peerDependencies', Record<string, string>>>>;

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile());

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const sources = files.filter((path) => SOURCE.test(path));
const workspaces = files.filter((path) => path !== 'package.json' && basename(path) === 'package.json').map((path) => dirname(path));

function manifestOf(folder: string): Manifest {
  return JSON.parse(read(join(folder, 'package.json'))) as Manifest;
}

function isBannedName(path: string): boolean {
  const [stem = ''] = basename(path).split('.');
  if (BANNED_NAMES.includes(stem)) return true;
  if (!/^index\.tsx?$/.test(basename(path))) return false;
  const folder = dirname(path);
  return basename(folder) !== 'src' && !ENTRY_FOLDERS.includes(basename(folder));
}

function isBannedFolder(path: string): boolean {
  return dirname(path).split('/').some((name) => BANNED_NAMES.includes(name));
}

function codeLines(text: string): number {
  const withoutBlocks = text.replaceAll(/^[ \t]*\/\*[\s\S]*?\*\/[ \t]*$/gm, '');
  return withoutBlocks.split('\n').filter((line) => !/^\s*(\/\/.*)?$/.test(line)).length;
}

function undeclaredImports(folder: string): string[] {
  const { name, dependencies, devDependencies, peerDependencies } = manifestOf(folder);
  const declared = new Set([name, ...Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })]);
  return sources
    .filter((path) => path.startsWith(`${folder}/`))
    .flatMap((path) => {
      // Harness of the repository itself: every spec may use it, and a package that declared it would be in a cycle.
      const free = SPEC.test(path) ? ['@countersign/testing'] : [];
      return [...read(path).matchAll(IMPORT)]
        .map(([, imported = '']) => imported)
        .filter((imported) => !declared.has(imported) && !free.includes(imported))
        .map((imported) => `${path}: ${imported}`);
    });
}

/** For the few forms that jest.config.mjs uses: two stars, one star, braces. */
function patternOf(glob: string): RegExp {
  const pattern = glob
    .replaceAll('.', String.raw`\.`)
    .replaceAll('**/', '<any>')
    .replaceAll('*', '[^/]*')
    .replaceAll('<any>', '(?:.*/)?')
    .replaceAll(/\{([^}]*)\}/g, (_, names: string) => `(?:${names.replaceAll(',', '|')})`);
  return new RegExp(`^${pattern}$`);
}

describe('the files of the repository', () => {
  it('are there to be looked at', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(workspaces.length).toBeGreaterThan(10);
  });

  it('have names that say what is in them', () => {
    expect(sources.filter((path) => isBannedName(path) || isBannedFolder(path))).toEqual([]);
  });

  it('name no package registry and no path of one machine', () => {
    const forbidden = (text: string): boolean =>
      REGISTRY_HOSTS.some((host) => text.includes(host)) || MACHINE_PATHS.some((pattern) => pattern.test(text));
    // Recorded histories hold the stack traces of where they were made.
    const texts = files.filter((path) => !/^package-lock\.json$|\/histories\/|\.(png|jpg|ico|woff2?|gz)$/.test(path));

    expect(texts.filter((path) => forbidden(read(path)))).toEqual([]);
  });

  it('hold at most 400 lines of code, specs 600', () => {
    const tooLong = sources
      .filter((path) => !GENERATED.test(path))
      .map((path) => ({ path, lines: codeLines(read(path)) }))
      .filter(({ path, lines }) => lines > (SPEC.test(path) ? MAX_SPEC_LINES : MAX_LINES));

    expect(tooLong).toEqual([]);
  });
});

describe('the tests of the repository', () => {
  it('all run', () => {
    expect(sources.filter((path) => TEST_FILE.test(path) && path !== 'tools/repository.spec.ts' && NOT_RUN.test(read(path)))).toEqual([]);
  });

  it('lie where a project of jest looks for them', () => {
    const globs = [...read('jest.config.mjs').matchAll(/'([^']*spec\.tsx?)'/g)].map(([, glob = '']) => glob);
    const places = globs.map(patternOf);
    expect(places.length).toBeGreaterThan(3);
    const specs = files.filter((path) => /\.(int-|e2e-)?spec\.tsx?$/.test(path));

    expect(specs.filter((path) => !places.some((place) => place.test(path)))).toEqual([]);
  });
});

describe('the workspaces', () => {
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Manifest & { readonly link?: boolean }> };

  it('are all in package-lock.json, with the dependencies that they declare', () => {
    const differing = workspaces.filter((folder) => {
      const locked = lock.packages[folder];
      const { dependencies = {}, devDependencies = {} } = manifestOf(folder);
      return JSON.stringify([locked?.dependencies ?? {}, locked?.devDependencies ?? {}]) !== JSON.stringify([sorted(dependencies), sorted(devDependencies)]);
    });

    expect(differing).toEqual([]);
  });

  it('declare every package of ours that they import', () => {
    expect(workspaces.flatMap(undeclaredImports)).toEqual([]);
  });

  it('have no empty package', () => {
    const empty = workspaces.filter((folder) => !sources.some((path) => path.startsWith(`${folder}/src/`)));

    expect(empty).toEqual([]);
  });
});

function sorted(record: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
