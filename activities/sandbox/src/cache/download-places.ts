import { readdir } from 'node:fs/promises';

import { CACHE_MOUNT } from '@countersign/sandbox';

type Manager = {
  /** Values are folders below the mount. */
  readonly folders: Readonly<Record<string, string>>;
  /** Below the mount, name by name: what is downloaded, and what is found again by a digest of all that it was made of. */
  readonly kept: readonly (readonly (string | RegExp)[])[];
  /** Of that, what is left out all the same. */
  readonly leftOut?: readonly (readonly (string | RegExp)[])[];
};

/**
 * Only what cannot make a changed tree look better than it is: a program that setup installed, or a package it built out
 * of the repository's own files, would still be there for a change that does so no more.
 */
const MANAGERS: Readonly<Record<string, Manager>> = {
  npm: { folders: { npm_config_cache: 'npm' }, kept: [['npm', '_cacache']] },
  // The older variable leads to the store as long as the project is the folder that is mounted.
  pnpm: { folders: { PNPM_HOME: 'pnpm', pnpm_config_store_dir: 'pnpm/store' }, kept: [['pnpm', 'store']] },
  corepack: { folders: { COREPACK_HOME: 'corepack' }, kept: [['corepack', /^v\d+$/]] },
  // Of the first Yarn's folders, those that came from a registry say so.
  yarn: { folders: { YARN_GLOBAL_FOLDER: 'yarn' }, kept: [['yarn', 'cache'], ['yarn-1', /^v\d+$/, /^npm-.*-integrity$/]] },
  // Not `wheels`: one that was built of a file of the repository is found by that file's path.
  pip: { folders: { PIP_CACHE_DIR: 'pip' }, kept: [['pip', /^http(-v\d+)?$/]] },
  uv: { folders: { UV_CACHE_DIR: 'uv' }, kept: [['uv', /^(archive|wheels|simple|flat-index)-v\d+$/], ['uv', 'CACHEDIR.TAG']], leftOut: [['uv', /^wheels-v\d+$/, /^(path|editable)$/]] },
  go: { folders: { GOMODCACHE: 'go/mod', GOCACHE: 'go/build' }, kept: [['go', /^(mod|build)$/]] },
  maven: { folders: {}, kept: [['maven']] },
  gradle: { folders: { GRADLE_USER_HOME: 'gradle' }, kept: [['gradle', 'caches', /^modules-\d+$/], ['gradle', 'wrapper', 'dists']] },
  cargo: { folders: { CARGO_HOME: 'cargo' }, kept: [['cargo', 'registry', /^(index|cache)$/], ['cargo', 'git', 'db']] },
};

const KEPT = Object.values(MANAGERS).flatMap(({ kept }) => kept);
const LEFT_OUT = Object.values(MANAGERS).flatMap(({ leftOut = [] }) => leftOut);
const MAVEN = 'maven';
/** Beside a package that Maven did not download but made. */
const MADE_HERE = 'maven-metadata-local.xml';

/** What leads package managers to the mount. `yarnrc`: of a newer Yarn, which may have its cache among the repository's files. */
export function downloadVariables({ yarnrc }: { readonly yarnrc: boolean }): Readonly<Record<string, string>> {
  const folders = Object.values(MANAGERS).flatMap((manager) => Object.entries(manager.folders));
  return {
    ...Object.fromEntries(folders.map(([name, folder]) => [name, `${CACHE_MOUNT}/${folder}`])),
    ...(!yarnrc && { YARN_CACHE_FOLDER: `${CACHE_MOUNT}/yarn-1` }),
    MAVEN_OPTS: `-Dmaven.repo.local=${CACHE_MOUNT}/${MAVEN}`,
  };
}

/** Says of a path, one character per byte, whether it stays out of what is kept of that folder. */
export async function leftOutOf(folder: string): Promise<(path: string) => boolean> {
  const madeHere = await madeByMaven(Buffer.from(`${folder}/${MAVEN}`), MAVEN);
  return (path) => {
    const names = path.split('/');
    const isKept = KEPT.some((place) => place.every((pattern, depth) => fits(names[depth] ?? pattern, pattern)));
    const isLeftOut = LEFT_OUT.some((place) => place.length <= names.length && place.every((pattern, depth) => fits(names[depth] ?? '', pattern)));
    return !isKept || isLeftOut || madeHere.has(path) || (names[0] === MAVEN && path.endsWith('.lastUpdated'));
  };
}

/** A path that ends on the way to a place fits so far. */
function fits(name: string | RegExp, pattern: string | RegExp): boolean {
  return name === pattern || (typeof name === 'string' && typeof pattern !== 'string' && pattern.test(name));
}

async function madeByMaven(folder: Buffer, path: string): Promise<ReadonlySet<string>> {
  const made = new Set<string>();
  const queue = [{ folder, path }];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (const entry of await readdir(at.folder, { withFileTypes: true, encoding: 'buffer' }).catch(() => [])) {
      if (entry.name.equals(Buffer.from(MADE_HERE))) made.add(at.path);
      else if (entry.isDirectory()) queue.push({ folder: Buffer.concat([at.folder, Buffer.from('/'), entry.name]), path: `${at.path}/${entry.name.toString('latin1')}` });
    }
  }
  return made;
}
