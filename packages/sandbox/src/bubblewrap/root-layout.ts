import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** One step of making the root, in the order in which bubblewrap is told. */
export type RootStep =
  | { readonly kind: 'bind'; readonly source: string; readonly target: string }
  | { readonly kind: 'link'; readonly to: string; readonly target: string }
  | { readonly kind: 'folder'; readonly target: string };

/** Mounted by bubblewrap itself, or left out: a sysfs of the host shows its devices and networks. */
const OWN = new Set(['/proc', '/dev', '/sys', '/tmp', '/workspace']);

/**
 * The root out of an unpacked tree, entry by entry: what is mounted at `targets` needs a place, and a read-only folder has
 * none to give. So a folder on the way to one is made anew and its entries are bound.
 */
export function treeLayout(tree: string, targets: readonly string[]): readonly RootStep[] {
  const homeless = targets.filter((target) => !isThere(join(tree, target)));
  const visit = (folder: string): RootStep[] =>
    readdirSync(join(tree, folder), { withFileTypes: true }).flatMap((entry): RootStep[] => {
      const target = `${folder}/${entry.name}`;
      if (OWN.has(target)) return [];
      const source = join(tree, target);
      if (entry.isSymbolicLink()) return [{ kind: 'link', to: readlinkSync(source), target }];
      if (!entry.isDirectory()) return entry.isFile() ? [{ kind: 'bind', source, target }] : [];
      if (homeless.some((inside) => inside.startsWith(`${target}/`))) return [{ kind: 'folder', target }, ...visit(target)];
      return [{ kind: 'bind', source, target }];
    });
  return visit('');
}

const HOST_FOLDERS = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'libexec', 'share', 'include'];
/** No more of /etc than programs need to start and to verify a certificate. */
const HOST_ETC = [
  'ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'alternatives', 'ssl', 'ca-certificates', 'pki', 'nsswitch.conf', 'localtime', 'mime.types',
  'os-release', 'perl', 'python3', 'gitconfig',
];

/** The host's own programs, where there is no tree; /usr/local, /opt, /home and the rest of /etc are left out. */
export function hostLayout(node: string): readonly RootStep[] {
  const programs = HOST_FOLDERS.flatMap((name): RootStep[] => [...bound(`/usr/${name}`), ...bound(`/${name}`)]);
  return [
    ...programs,
    ...HOST_ETC.flatMap((name) => bound(`/etc/${name}`)),
    { kind: 'bind', source: node, target: '/usr/local/bin/node' },
    ...['/home', '/var/tmp', '/run', '/opt'].map((target): RootStep => ({ kind: 'folder', target })),
  ];
}

function bound(path: string): RootStep[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return [];
  if (!stat.isSymbolicLink()) return [{ kind: 'bind', source: path, target: path }];
  // /bin and its like lead into /usr; a link of /etc may lead anywhere.
  const to = readlinkSync(path);
  return path.startsWith('/etc/') && existsSync(path) ? [{ kind: 'bind', source: path, target: path }] : [{ kind: 'link', to, target: path }];
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
