import { AppError } from '@countersign/domain';
import type { Container, ContainerCreateOptions } from 'dockerode';

import { requireEgress } from '../egress/egress-files.js';
import type { SandboxDeclaration, SandboxEgress, SandboxPort, SandboxSpec } from '../ports/sandbox.port.js';
import { ownerOf, requireSpec, type Owner } from '../sandbox-spec.js';
import { DockerClient, statusOf, type EngineInfo, type EngineSwitch } from './docker.client.js';
import { startForwarder } from './docker-forwarder.js';
import { DOCKER_GUARDS, type DockerGuards } from './docker-guards.js';
import { containerOptions, LABELS, type ContainerInput } from './docker-options.mapper.js';
import { DockerSession } from './docker-session.adapter.js';

const DEFAULT_HOST = 'unix:///var/run/docker.sock';
const OPEN_ATTEMPTS = 3;
const INSTALLATION = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

const ALWAYS = ['no network', 'read-only root', 'never root', 'no capabilities', 'no new privileges', 'file size', '/tmp size'];
const DISK = 'total disk use of the workspace (measured; the size of one file is limited)';

export type DockerSandboxOptions = {
  /** `unix:///path` or `tcp://host:port`; the engine must see the same file system as we do. */
  readonly host?: string;
  /** Tells apart installations that share an engine. */
  readonly installation: string;
  /** Runs the way to an egress broker; has `node`. The sandbox's own image where absent. */
  readonly forwarderImage?: string;
  /** Deadline of one API call; 30 s by default. A program's own deadline is its `timeoutMs`. */
  readonly apiTimeoutMs?: number;
  readonly guards?: DockerGuards;
};

const SWITCHES: Readonly<Record<EngineSwitch, string>> = { PidsLimit: 'pids', MemoryLimit: 'memory', SwapLimit: 'swap', CpuCfsQuota: 'cpus' };

/** Containers without network, capabilities or a writable root, run as the workspace's owner. */
export class DockerSandboxAdapter implements SandboxPort<'docker'> {
  readonly id = 'docker';
  readonly #client: DockerClient;
  readonly #installation: string;
  readonly #forwarderImage: string | undefined;
  readonly #guards: DockerGuards;
  #declared: SandboxDeclaration = declarationOf({});
  #isDeclared = false;

  constructor({ host = DEFAULT_HOST, installation, apiTimeoutMs, forwarderImage, guards = DOCKER_GUARDS }: DockerSandboxOptions) {
    if (!INSTALLATION.test(installation)) {
      throw new AppError('CONFIG_INVALID', 'An installation is 1 to 63 letters, digits, dots, dashes and underscores');
    }
    this.#client = new DockerClient(host, apiTimeoutMs);
    this.#installation = installation;
    this.#forwarderImage = forwarderImage;
    this.#guards = guards;
  }

  /** Read from the engine by the first `ping` or `open`; until then what every engine holds. */
  get declared(): SandboxDeclaration {
    return this.#declared;
  }

  async ping(): Promise<{ readonly version: string }> {
    const { Version } = await this.#client.call('version', (deadlined) => this.#client.queries.version(deadlined));
    await this.#declare();
    return { version: Version };
  }

  async hasImage(image: string): Promise<boolean> {
    const found = await this.#client.find('inspect image', () => this.#client.docker.getImage(image).inspect());
    return found !== undefined;
  }

  async open(spec: SandboxSpec): Promise<DockerSession> {
    requireSpec(spec);
    const owner = await ownerOf(spec);
    if (!this.#isDeclared) await this.#declare();
    const name = `countersign-${this.#installation}-${spec.name}`;
    for (let attempt = 1; attempt <= OPEN_ATTEMPTS; attempt += 1) {
      const session = spec.egress ? await this.#withEgress(name, spec, spec.egress, owner) : await this.#sealed(name, spec, owner);
      if (session) return session;
    }
    throw this.#client.unavailable(`keeps making another container named ${name}`);
  }

  /** Undefined where another attempt made one meanwhile. Sessions keep the id: another container of that name is another attempt's. */
  async #sealed(name: string, spec: SandboxSpec, owner: Owner): Promise<DockerSession | undefined> {
    const options = containerOptions(spec, this.#of(owner));
    await this.#clear(forwarderOf(name));
    const existing = await this.#existing(name, options);
    const container = existing ?? (await this.#create(name, options));
    if (!container) return undefined;
    const session = new DockerSession(spec.name, this.#client, { container, owner });
    await (existing ? session.restart() : session.start());
    return session;
  }

  /** Both containers are new each time: the broker of an earlier attempt is gone, and its socket with it. */
  async #withEgress(name: string, spec: SandboxSpec, egress: SandboxEgress, owner: Owner): Promise<DockerSession | undefined> {
    const client = this.#client;
    await requireEgress(spec, owner);
    if (!(await this.hasImage(spec.image))) throw imageMissing(spec.image);
    await this.#clear(name);
    await this.#clear(forwarderOf(name));
    const image = this.#forwarderImage ?? spec.image;
    const forwarder = await startForwarder({ client, spec, egress, owner, image, installation: this.#installation, name: forwarderOf(name) });
    const container = forwarder && (await this.#create(name, containerOptions(spec, { ...this.#of(owner), forwarder: forwarder.id })));
    if (!container) {
      if (forwarder) await this.#remove(forwarder);
      return undefined;
    }
    const session = new DockerSession(spec.name, client, { container, owner, forwarder });
    await session.start();
    return session;
  }

  async list(): Promise<readonly { readonly name: string; readonly requestId: string }[]> {
    const found = await this.#containers([]);
    // A forwarder counts as the sandbox it belongs to, so one that was left alone is seen too.
    const byName = new Map(found.map(({ Labels }) => [Labels[LABELS.name] ?? '', Labels[LABELS.request] ?? '']));
    return [...byName].map(([name, requestId]) => ({ name, requestId }));
  }

  async destroy(requestId: string): Promise<number> {
    const found = await this.#containers([`${LABELS.request}=${requestId}`]);
    for (const { Id } of found) await this.#remove(this.#client.docker.getContainer(Id));
    return new Set(found.map(({ Labels }) => Labels[LABELS.name])).size;
  }

  /** Kills and removes the sandbox of that name, whoever opened it; none is success. */
  async remove(name: string): Promise<void> {
    const container = `countersign-${this.#installation}-${name}`;
    await this.#clear(container);
    await this.#clear(forwarderOf(container));
  }

  #of(owner: Owner): ContainerInput {
    return { owner, installation: this.#installation, guards: this.#guards };
  }

  /** The container of that name where it is exactly what was asked for; another one is removed. */
  async #existing(name: string, options: ContainerCreateOptions): Promise<Container | undefined> {
    const { docker } = this.#client;
    const found = await this.#client.find('inspect', (deadlined) => docker.getContainer(name).inspect(deadlined));
    if (!found) return undefined;
    const container = docker.getContainer(found.Id);
    if (!found.State.Dead && found.Config.Labels[LABELS.spec] === options.Labels?.[LABELS.spec]) return container;
    await this.#remove(container);
    return undefined;
  }

  async #clear(name: string): Promise<void> {
    await this.#remove(this.#client.docker.getContainer(name));
  }

  async #remove(container: Container): Promise<void> {
    // 404 and 409: gone, or being removed by another call.
    await this.#client.tolerate([404, 409], 'remove', (deadlined) => container.remove({ force: true, v: true, ...deadlined }));
  }

  /** Undefined where another attempt made one meanwhile. */
  async #create(name: string, options: ContainerCreateOptions): Promise<Container | undefined> {
    try {
      const { id } = await this.#client.call('create', (deadlined) => this.#client.docker.createContainer({ ...options, name, ...deadlined }));
      return this.#client.docker.getContainer(id);
    } catch (error) {
      if (statusOf(error) === 409) return undefined;
      if (statusOf(error) !== 404) throw error;
      throw imageMissing(String(options.Image), error);
    }
  }

  async #containers(labels: readonly string[]) {
    const filters = { label: [`${LABELS.installation}=${this.#installation}`, ...labels] };
    return this.#client.call('list', (deadlined) => this.#client.docker.listContainers({ all: true, filters, ...deadlined }));
  }

  async #declare(): Promise<void> {
    this.#declared = declarationOf(await this.#client.call('info', (deadlined) => this.#client.queries.info(deadlined)));
    this.#isDeclared = true;
  }
}

function forwarderOf(name: string): string {
  return `${name}-egress`;
}

function imageMissing(image: string, cause?: unknown): AppError {
  const fix = 'Run `node scripts/provision-sandbox-image.mjs`, or `docker load` it.';
  return new AppError('IMAGE_MISSING', `The container engine has no image ${image}. ${fix}`, { cause });
}

function declarationOf(info: EngineInfo): SandboxDeclaration {
  const enforced: string[] = [...ALWAYS];
  const notEnforced: string[] = [];
  for (const [key, label] of Object.entries(SWITCHES)) {
    (info[key as EngineSwitch] === true ? enforced : notEnforced).push(label);
  }
  const hasSeccomp = info.SecurityOptions?.some((option) => option.startsWith('name=seccomp')) ?? false;
  (hasSeccomp ? enforced : notEnforced).push('seccomp');
  return { enforced, notEnforced: [...notEnforced, DISK], reattach: true };
}
