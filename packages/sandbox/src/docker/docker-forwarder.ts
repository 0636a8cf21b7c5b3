import type { Duplex } from 'node:stream';

import type { Container, ContainerCreateOptions } from 'dockerode';

import { EGRESS_SOCKET, PROXY_PORT } from '../egress/egress-variables.js';
import type { SandboxEgress, SandboxSpec } from '../ports/sandbox.port.js';
import { programArguments } from '../programs/program-text.js';
import type { Owner } from '../sandbox-spec.js';
import { statusOf, type DockerClient } from './docker.client.js';
import { hostConfig, LABELS } from './docker-options.mapper.js';

const READY_MS = 20_000;
const LIMITS = { memoryMb: 128, cpus: 1, pids: 32, fileMb: 1, tmpMb: 1 };

export type ForwarderInput = {
  readonly client: DockerClient;
  readonly spec: SandboxSpec;
  readonly egress: SandboxEgress;
  readonly owner: Owner;
  readonly installation: string;
  /** Has `node`. */
  readonly image: string;
  /** Of the container. */
  readonly name: string;
};

/**
 * A container of ours that holds the sandbox's empty network and the broker's socket, which the sandbox itself never sees.
 * Always a new one: a broker that began again listens on another socket behind the same path. Undefined where another
 * attempt makes one of that name.
 */
export async function startForwarder(input: ForwarderInput): Promise<Container | undefined> {
  const { client, name } = input;
  const container = await created(client, name, forwarderOptions(input));
  if (!container) return undefined;
  try {
    const output: Duplex = (await client.call('attach', () => container.attach({ stream: true, stdout: true, stderr: true }))) as Duplex;
    const ready = saysReady(output);
    await client.call('start', (deadlined) => container.start(deadlined));
    const isReady = await ready;
    output.destroy();
    if (!isReady) throw client.unavailable('did not start the way to the egress broker');
    return container;
  } catch (error) {
    await client.tolerate([404, 409], 'remove', (deadlined) => container.remove({ force: true, v: true, ...deadlined })).catch(() => undefined);
    throw statusOf(error) === undefined ? error : client.unavailable('did not start the way to the egress broker', error);
  }
}

async function created(client: DockerClient, name: string, options: ContainerCreateOptions): Promise<Container | undefined> {
  const made = await client.tolerate([409], 'create', (deadlined) => client.docker.createContainer({ ...options, name, ...deadlined }));
  return made && client.docker.getContainer(made.id);
}

function forwarderOptions({ spec, egress, owner, installation, image }: ForwarderInput): ContainerCreateOptions {
  const mounts = [{ source: egress.socket, target: EGRESS_SOCKET, readOnly: true }];
  return {
    Image: image,
    Entrypoint: ['node', ...programArguments('forwarder')],
    Cmd: [EGRESS_SOCKET, String(PROXY_PORT)],
    User: `${owner.uid}:${owner.gid}`,
    WorkingDir: '/',
    // The sandbox shares it with the network.
    Hostname: 'sandbox',
    AttachStdout: true,
    AttachStderr: true,
    Labels: { [LABELS.request]: spec.requestId, [LABELS.installation]: installation, [LABELS.name]: spec.name },
    HostConfig: hostConfig({ limits: LIMITS, mounts, network: 'none' }),
  };
}

function saysReady(output: Duplex): Promise<boolean> {
  return new Promise((resolve) => {
    let text = '';
    const timer = setTimeout(() => resolve(false), READY_MS);
    const end = (isReady: boolean): void => {
      clearTimeout(timer);
      resolve(isReady);
    };
    output.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      if (text.includes('ready\n')) end(true);
    });
    output.once('error', () => end(false));
    output.once('end', () => end(false));
  });
}
