import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** An account of this machine, read from /etc/passwd; undefined where there is none. */
export function osUser(name) {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (!line) return undefined;
  const [, , uid, gid] = line.split(':').map((field, index) => (index < 2 ? field : Number(field)));
  return { name, uid, gid };
}

/** Whether an account may enter every existing folder from the root down to `path`. */
export function canReach(path, user) {
  for (let folder = path; ; folder = dirname(folder)) {
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat?.isDirectory() && !mayEnter(stat, user)) return false;
    if (folder === dirname(folder)) return true;
  }
}

function mayEnter({ mode, uid, gid }, user) {
  if (uid === user.uid) return (mode & 0o100) !== 0;
  if (gid === user.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}
