import { accessSync, constants, existsSync } from 'node:fs';
import { request, type RequestOptions } from 'node:http';
import { join } from 'node:path';

import type { Io } from '../io.js';
import { bad, good, type PartView } from './part-view.js';

const DEADLINE_MS = 3_000;

function hostsOf(env: Io['env']): string[] {
  if (env['DOCKER_HOST']) return [env['DOCKER_HOST']];
  const sockets = ['/var/run/docker.sock', join(env['HOME'] ?? '/root', '.docker/run/docker.sock')];
  if (env['XDG_RUNTIME_DIR']) sockets.push(join(env['XDG_RUNTIME_DIR'], 'docker.sock'));
  return sockets.filter((path) => existsSync(path)).map((path) => `unix://${path}`);
}

function target(host: string): RequestOptions {
  const url = new URL(host);
  return url.protocol === 'unix:' ? { socketPath: url.pathname } : { host: url.hostname, port: Number(url.port || 2375) };
}

function versionAt(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ ...target(host), path: '/version', signal: AbortSignal.timeout(DEADLINE_MS) }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk)).on('error', reject);
      response.on('end', () => {
        try {
          resolve((JSON.parse(body) as { Version?: string }).Version ?? 'unknown');
        } catch (error) {
          reject(error as Error);
        }
      });
    });
    call.on('error', reject).end();
  });
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What to type: a service manager's word where there is one, else the daemon itself, without touching the network. */
function fixFor({ env, cloneDir }: Io): string {
  if (env['DOCKER_HOST']) return `Start the engine at ${env['DOCKER_HOST']}, or unset DOCKER_HOST.`;
  const isRoot = process.getuid?.() === 0;
  const dockerd = ['/usr/bin/dockerd', '/usr/sbin/dockerd', '/usr/local/bin/dockerd'].find(isRunnable);
  if (process.platform === 'darwin') return 'Start Docker Desktop.';
  if (!dockerd) return isRoot ? `node ${join(cloneDir, 'scripts', 'provision-docker.mjs')}` : 'sudo apt-get install docker.io && sudo usermod -aG docker $USER';
  if (existsSync('/run/systemd/system')) return `${isRoot ? '' : 'sudo '}systemctl start docker`;
  if (!isRoot) return 'sudo service docker start';
  return `node ${join(cloneDir, 'scripts', 'provision-docker.mjs')}`;
}

/** Asks the engine now: one that ran at the start may be gone. */
export async function probeDocker(io: Io): Promise<PartView> {
  const hosts = hostsOf(io.env);
  for (const host of hosts) {
    const version = await versionAt(host).catch(() => undefined);
    if (version !== undefined) return good('docker', version, host);
  }
  return bad('docker', hosts[0] ?? 'unix:///var/run/docker.sock', fixFor(io));
}
