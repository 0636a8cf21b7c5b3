/**
 * Runs as root, in a mount namespace of its own, before bubblewrap runs as the owner of the workspace: what that account
 * could not reach by path (a folder below /root, say) is bound below one place it can. Nothing of it is seen outside.
 */
const STAGE = `
set -eu
uid=$1 gid=$2 stage=$3 point=$4
shift 4
while [ "$1" != -- ]; do echo $$ > "$1"; shift; done
shift
mount -n -t tmpfs -o mode=755,nosuid,nodev none "$stage"
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir "$stage/$2"; else : > "$stage/$2"; fi
  mount -n --rbind -- "$1" "$stage/$2"
  shift 2
done
shift
mount -n --rbind -- "$stage" "$point"
exec setpriv --reuid "$uid" --regid "$gid" --clear-groups --no-new-privs -- "$@"
`;

/** An ordinary account reaches its own folders; it only enters its control groups. */
const ENTER = `
set -eu
while [ "$1" != -- ]; do echo $$ > "$1"; shift; done
shift
exec "$@"
`;

export type StagingOptions = {
  readonly isRoot: boolean;
  readonly owner: { readonly uid: number; readonly gid: number };
  /** An empty folder of ours, and one that every account can enter. */
  readonly stage: string;
  readonly point: string;
};

/** Collects what the sandbox mounts and says under which path bubblewrap finds it. */
export class Staging {
  readonly #names = new Map<string, string>();

  constructor(private readonly options: StagingOptions) {}

  at(source: string): string {
    if (!this.options.isRoot) return source;
    const name = this.#names.get(source) ?? String(this.#names.size);
    this.#names.set(source, name);
    return `${this.options.point}/${name}`;
  }

  /** The whole argument vector; no value of a specification is read by a shell. */
  command(groups: readonly string[], argv: readonly string[]): readonly [string, ...string[]] {
    const { isRoot, owner, stage, point } = this.options;
    if (!isRoot) return ['/bin/sh', '-c', ENTER, 'sh', ...groups, '--', ...argv];
    const ids = [String(owner.uid), String(owner.gid)];
    const sources = [...this.#names].flat();
    return ['unshare', '--mount', '--propagation', 'private', '--', '/bin/sh', '-c', STAGE, 'sh', ...ids, stage, point, ...groups, '--', ...sources, '--', ...argv];
  }
}
