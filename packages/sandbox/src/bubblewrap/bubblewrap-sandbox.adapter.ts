import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { AppError } from '@countersign/domain';

import { requireEgress } from '../egress/egress-files.js';
import { EGRESS_SOCKET, PROXY_PORT } from '../egress/egress-variables.js';
import type { SandboxDeclaration, SandboxPort, SandboxSpec } from '../ports/sandbox.port.js';
import { programArguments } from '../programs/program-text.js';
import { ownerOf, requireSpec, type Owner } from '../sandbox-spec.js';
import { bubblewrapArguments, egressMounts, limited, NODE, sessionVariables, ARGUMENTS_FD } from './bubblewrap-arguments.mapper.js';
import { declarationOf } from './bubblewrap-declaration.js';
import { BubblewrapProcess, type Launch } from './bubblewrap-process.js';
import { BubblewrapSession } from './bubblewrap-session.adapter.js';
import { CgroupTree } from './cgroup-tree.js';
import { probeBubblewrap } from './bubblewrap-probe.js';
import { hostLayout, treeLayout, type RootStep } from './root-layout.js';
import { SandboxRegistry, type SandboxEntry } from './sandbox-registry.js';
import { seccompFilter } from './seccomp-filter.js';
import { Staging } from './staging.js';

/** One of them is on every Linux, is empty as a rule, and lets every account through. */
const STAGE_POINTS = ['/mnt', '/media', '/srv', '/opt'];
const RUNNER_MEMORY = ['--v8-pool-size=1', '--max-old-space-size=96'];
/** Of a group's name; the rest of it is what tells two attempts apart. */
const TOKEN_CHARS = 8;

export type BubblewrapSandboxOptions = {
  /** Where this installation keeps what it has open. */
  readonly stateDir: string;
  /** The one image that sandboxes may name: the one that `root` has the content of. */
  readonly image: string;
  /** That image unpacked; absent: the host's own programs, read-only. */
  readonly root?: string;
  /** Name or path of the program. */
  readonly program?: string;
  /** False: no control groups, as where none may be made. */
  readonly groups?: boolean;
};

type Ready = { readonly version: string; readonly groups: CgroupTree; readonly seccomp: Buffer };

/** Processes in namespaces of their own, run as the workspace's owner, without a container engine. */
export class BubblewrapSandboxAdapter implements SandboxPort<'bubblewrap'> {
  readonly id = 'bubblewrap';
  readonly #registry: SandboxRegistry;
  #ready: Promise<Ready> | undefined;
  #groups = CgroupTree.none;

  constructor(private readonly options: BubblewrapSandboxOptions) {
    this.#registry = new SandboxRegistry(join(options.stateDir, 'open'));
  }

  /** After the first `ping` or `open`; until then what every machine holds. */
  get declared(): SandboxDeclaration {
    return declarationOf({ root: this.options.root, image: this.options.image, kinds: this.#groups.kinds });
  }

  async ping(): Promise<{ readonly version: string }> {
    const { version } = await this.#prepared();
    return { version };
  }

  async hasImage(image: string): Promise<boolean> {
    return image === this.options.image;
  }

  async open(spec: SandboxSpec): Promise<BubblewrapSession> {
    requireSpec(spec);
    const owner = await ownerOf(spec);
    if (!(await this.hasImage(spec.image))) throw this.#imageMissing(spec.image);
    await requireEgress(spec, owner);
    await this.#prepared();
    const entry = await this.#registry.claim(spec.name, spec.requestId);
    const session = new BubblewrapSession({ registry: this.#registry, env: sessionVariables(spec), start: (own) => this.#start(spec, owner, own) }, entry);
    try {
      await session.start();
      return session;
    } catch (error) {
      await session.stop().catch(() => undefined);
      throw error;
    }
  }

  async list(): Promise<readonly { readonly name: string; readonly requestId: string }[]> {
    return (await this.#registry.list()).map(({ name, requestId }) => ({ name, requestId }));
  }

  async destroy(requestId: string): Promise<number> {
    const found = (await this.#registry.list()).filter((entry) => entry.requestId === requestId);
    for (const entry of found) await this.#registry.remove(entry);
    return found.length;
  }

  /** Kills and removes the sandbox of that name, whoever opened it; none is success. */
  async remove(name: string): Promise<void> {
    for (const entry of await this.#registry.list()) if (entry.name === name) await this.#registry.remove(entry);
  }

  async #start(spec: SandboxSpec, owner: Owner, entry: SandboxEntry): Promise<{ process: BubblewrapProcess; entry: SandboxEntry }> {
    const { groups, seccomp } = await this.#prepared();
    // Those of a run that a deadline ended.
    await this.#registry.clear(entry);
    const folders = await groups.make(`${spec.name}-${entry.token.slice(0, TOKEN_CHARS)}`, spec.limits);
    const process = new BubblewrapProcess(this.#launch({ spec, owner, groups, folders, seccomp }));
    const isUp = (await process.started()) && (await forwards(process, spec));
    const running = { ...entry, cgroups: folders, ...(process.leader && { leader: process.leader }) };
    if (isUp) return { process, entry: running };
    await process.kill();
    await this.#registry.clear(running);
    throw new AppError('SANDBOX_UNAVAILABLE', `bubblewrap did not start: ${process.account || 'it gave no reason'}`);
  }

  #launch({ spec, owner, groups, folders, seccomp }: { spec: SandboxSpec; owner: Owner; groups: CgroupTree; folders: readonly string[]; seccomp: Buffer }): Launch {
    const { stateDir, program = 'bwrap' } = this.options;
    const point = STAGE_POINTS.find((folder) => existsSync(folder)) ?? '/tmp';
    const staging = new Staging({ isRoot: process.getuid?.() === 0, owner, stage: join(stateDir, 'stage'), point });
    const options = bubblewrapArguments({
      spec,
      root: this.#root(spec),
      at: (source) => staging.at(source),
      hasProc: (name) => existsSync(`/proc/${name}`),
    });
    const runner = [NODE, ...RUNNER_MEMORY, ...programArguments('runner')];
    const rules = limited(spec, { pids: groups.kinds.includes('pids'), memory: groups.kinds.includes('memory') });
    const procs = folders.map((folder) => join(folder, 'cgroup.procs'));
    return { argv: staging.command(procs, [program, '--args', String(ARGUMENTS_FD), '--', ...rules, ...runner]), options, seccomp };
  }

  #root(spec: SandboxSpec): readonly RootStep[] {
    const { root, stateDir } = this.options;
    const files = ROOT_FILES.map(([name]) => ({ kind: 'bind' as const, source: join(stateDir, 'etc', name), target: `/etc/${name}` }));
    if (root === undefined) return [...hostLayout(process.execPath), ...files];
    const targets = [...spec.mounts, ...egressMounts(spec)].map(({ target }) => target);
    return [...treeLayout(root, targets), ...files.filter(({ target }) => existsSync(join(root, target)))];
  }

  /** Tried once; what failed is tried again by the next call. */
  #prepared(): Promise<Ready> {
    this.#ready ??= this.#prepare().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #prepare(): Promise<Ready> {
    const { stateDir, program = 'bwrap', groups: wantsGroups = true, root } = this.options;
    const seccomp = seccompFilter(process.arch);
    const version = await probeBubblewrap(program);
    if (root !== undefined && !existsSync(join(root, NODE))) {
      throw new AppError('SANDBOX_UNAVAILABLE', `${root} is no unpacked sandbox image. Run \`node scripts/provision-bubblewrap.mjs\`.`);
    }
    for (const folder of ['stage', 'etc', 'open']) await mkdir(join(stateDir, folder), { recursive: true, mode: 0o700 });
    for (const [name, text] of ROOT_FILES) await writeFile(join(stateDir, 'etc', name), text, { mode: 0o644 });
    this.#groups = wantsGroups ? await CgroupTree.find() : CgroupTree.none;
    return { version, seccomp, groups: this.#groups };
  }

  #imageMissing(image: string): AppError {
    const fix = 'Start a container engine (`node scripts/provision-docker.mjs`) for images of other kinds.';
    return new AppError('IMAGE_MISSING', `bubblewrap runs ${this.options.image} and no other image, not ${image}. ${fix}`);
  }
}

/** Instead of the host's, which name the host, its networks and its people. */
const ROOT_FILES = [
  ['hostname', 'sandbox\n'],
  ['hosts', '127.0.0.1 localhost sandbox\n::1 localhost\n'],
  ['resolv.conf', ''],
  ['passwd', 'root:x:0:0:root:/root:/bin/sh\ncountersign:x:10001:10001::/tmp:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n'],
  ['group', 'root:x:0:\ncountersign:x:10001:\nnogroup:x:65534:\n'],
] as const;

/** Starts the forwarder beside the runner, where there is a way out. It is a process of the sandbox: it may end it, and has none then. */
async function forwards({ channel }: BubblewrapProcess, spec: SandboxSpec): Promise<boolean> {
  if (!spec.egress) return true;
  const argv = [NODE, ...RUNNER_MEMORY, ...programArguments('forwarder'), EGRESS_SOCKET, String(PROXY_PORT)];
  return new Promise((resolve) => {
    const ended = channel.run({ argv }, { PATH: '/usr/bin' }, (_bytes, stream) => stream === 'stdout' && resolve(true));
    void ended.then(() => resolve(false));
  });
}
