import { createHash } from 'node:crypto';
import { access, chmod, cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

import { AppError } from '@countersign/domain';

export type ToolsDirInput = {
  /** Where versions are kept; made where missing. Needs about 10 MB for each. */
  readonly targetDir: string;
  /** The built package: the folder that holds `tools/main.js` and `recipes/`. */
  readonly packageDist: string;
  /** A file or folder from which `@ast-grep/napi` and `semver` resolve: the package's own `package.json` will do. */
  readonly resolveFrom: string;
  /** The sandbox's processor; the machine's own unless told. */
  readonly arch?: NodeJS.Architecture;
};

/** Runs inside the sandbox; nothing else of the package does. */
const PARTS = ['tools', 'recipes'] as const;
const NATIVE: Partial<Record<NodeJS.Architecture, string>> = { x64: 'napi-linux-x64-gnu', arm64: 'napi-linux-arm64-gnu' };

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function programFiles(dist: string): Promise<readonly string[]> {
  const names = await Promise.all(
    PARTS.map(async (part) => (await readdir(join(dist, part)).catch(() => [])).filter((name) => name.endsWith('.js')).map((name) => join(part, name))),
  );
  const files = names.flat().sort();
  if (!files.includes(join('tools', 'main.js'))) {
    throw new AppError('PART_MISSING', `The tool program is not built: ${join(dist, 'tools', 'main.js')} is missing; type: npm run build`);
  }
  return files;
}

type Native = { readonly api: string; readonly binary: string; readonly version: string };
type Semver = { readonly folder: string; readonly version: string };

async function semverPackage(resolveFrom: string): Promise<Semver> {
  try {
    const manifest = createRequire(join(resolveFrom, 'package.json')).resolve('semver/package.json');
    const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
    return { folder: dirname(manifest), version };
  } catch (cause) {
    throw new AppError('PART_MISSING', 'The package semver is not installed; type: npm install', { cause });
  }
}

/** The JavaScript half and the Linux binary, wherever npm put them. */
async function nativePackages(resolveFrom: string, arch: NodeJS.Architecture): Promise<Native> {
  const name = NATIVE[arch];
  const missing = (cause?: unknown): AppError =>
    new AppError('PART_MISSING', `@ast-grep/napi for linux ${arch} is not installed; type: npm install --os=linux --cpu=${arch} --libc=glibc`, { cause });
  if (name === undefined) throw missing();
  try {
    const api = dirname(createRequire(join(resolveFrom, 'package.json')).resolve('@ast-grep/napi'));
    const beside = [join(api, '..', name), join(api, 'node_modules', '@ast-grep', name)];
    const found = await Promise.all(beside.map(async (path) => ((await exists(path)) ? [path] : [])));
    const [binary] = found.flat();
    if (binary === undefined) throw missing();
    const { version } = JSON.parse(await readFile(join(api, 'package.json'), 'utf8')) as { version: string };
    return { api, binary, version };
  } catch (cause) {
    throw cause instanceof AppError ? cause : missing(cause);
  }
}

type Packages = { readonly native: Native; readonly semver: Semver };

async function digestFiles(dist: string, files: readonly string[], { native, semver }: Packages, arch: string): Promise<string> {
  const hash = createHash('sha256').update(`${native.version} ${semver.version} ${arch}\0`);
  for (const file of files) hash.update(`${file}\0`).update(await readFile(join(dist, file))).update('\0');
  return hash.digest('hex').slice(0, 16);
}

async function fill(folder: string, dist: string, files: readonly string[], { native, semver }: Packages): Promise<void> {
  await writeFile(join(folder, 'package.json'), `${JSON.stringify({ private: true, type: 'module' })}\n`);
  for (const part of PARTS) await mkdir(join(folder, part));
  for (const file of files) await cp(join(dist, file), join(folder, file));
  const modules = join(folder, 'node_modules', '@ast-grep');
  await mkdir(modules, { recursive: true });
  const options = { recursive: true, dereference: true, filter: (path: string) => basename(path) !== 'node_modules' };
  await cp(native.api, join(modules, 'napi'), options);
  await cp(native.binary, join(modules, basename(native.binary)), options);
  await cp(semver.folder, join(folder, 'node_modules', 'semver'), options);
  // The sandbox's user is not the one who made this.
  await chmod(folder, 0o755);
}

/**
 * Puts the tool program and what it needs into a versioned folder, to be mounted read-only at
 * `/opt/countersign`. Made once: a second call, also at the same time, answers the same folder.
 *
 * @returns absolute path of the folder.
 * @throws AppError PART_MISSING where the package is not built or the native part is not installed.
 */
export async function materialiseTools(input: ToolsDirInput): Promise<string> {
  const { targetDir, packageDist, resolveFrom, arch = process.arch } = input;
  const files = await programFiles(packageDist);
  const packages = { native: await nativePackages(resolveFrom, arch), semver: await semverPackage(resolveFrom) };
  const folder = join(targetDir, `tools-${await digestFiles(packageDist, files, packages, arch)}`);
  if (await exists(folder)) return folder;
  await mkdir(targetDir, { recursive: true });
  const temporary = await mkdtemp(join(targetDir, '.tools-'));
  try {
    await fill(temporary, packageDist, files, packages);
    await rename(temporary, folder);
  } catch (error) {
    // Another process may have been faster; what it made is the same.
    if (!(await exists(folder))) throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}
