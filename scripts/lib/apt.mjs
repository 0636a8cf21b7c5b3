import { existsSync, readdirSync, readFileSync } from 'node:fs';

import { run, which } from './run.mjs';

export function isRoot() {
  return process.getuid?.() === 0;
}

export function hasApt(env) {
  return process.platform === 'linux' && Boolean(which('apt-get', env));
}

/** Installs Debian packages without asking. Only for root; says what it installs. */
export async function aptInstall(packages, { log, env }) {
  log(`installing ${packages.join(', ')} with apt-get`);
  const quiet = { ...env, DEBIAN_FRONTEND: 'noninteractive' };
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  const install = () =>
    run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...packages], {
      env: quiet,
      timeoutMs: 15 * 60_000,
    });
  try {
    await install();
  } catch {
    // Package lists are missing or old on a fresh machine.
    await run('apt-get', [...wait, 'update'], { env: quiet, timeoutMs: 5 * 60_000 });
    await install();
  }
}

/** Where this machine gets its packages from, and the name of its release: what debootstrap is told. */
export function aptSource() {
  const osRelease = readFileSync('/etc/os-release', 'utf8');
  const suite = /^VERSION_CODENAME=(.*)$/m.exec(osRelease)?.[1]?.replaceAll('"', '');
  if (!suite) return undefined;
  for (const { uri, suites, signedBy } of entries()) {
    if (suites.includes(suite)) return { suite, mirror: uri, keyring: signedBy };
  }
  return undefined;
}

function entries() {
  const found = [];
  const folder = '/etc/apt/sources.list.d';
  const files = ['/etc/apt/sources.list'];
  if (existsSync(folder)) files.push(...readdirSync(folder).map((name) => `${folder}/${name}`));
  for (const file of files.filter((path) => existsSync(path))) {
    const text = readFileSync(file, 'utf8');
    if (file.endsWith('.sources')) found.push(...deb822(text));
    else if (file.endsWith('.list')) found.push(...oneLine(text));
  }
  return found.filter(({ uri }) => /^https?:\/\//.test(uri));
}

function deb822(text) {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'mi').exec(stanza)?.[1]?.trim().split(/\s+/) ?? [];
    if (!field('Types').includes('deb') || !field('Components').includes('main')) return [];
    const signedBy = field('Signed-By')[0];
    return field('URIs').map((uri) => ({
      uri,
      suites: field('Suites'),
      signedBy: signedBy?.startsWith('/') ? signedBy : undefined,
    }));
  });
}

function oneLine(text) {
  return text.split('\n').flatMap((line) => {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line.trim());
    if (!match || !match[4].split(/\s+/).includes('main')) return [];
    return [{ uri: match[2], suites: [match[3]], signedBy: /signed-by=(\/\S+)/.exec(match[1] ?? '')?.[1] }];
  });
}
