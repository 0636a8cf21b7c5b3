import { existsSync } from 'node:fs';
import { request, type RequestOptions } from 'node:http';
import { join } from 'node:path';

const PING_TIMEOUT_MS = 3_000;

export type DockerEngine = { readonly host: string; readonly version: string };

/** Every place where an engine may listen, the configured one alone where there is one. */
export function dockerHosts(env: NodeJS.ProcessEnv): string[] {
  if (env['DOCKER_HOST']) return [env['DOCKER_HOST']];
  const sockets = ['/var/run/docker.sock'];
  if (env['HOME']) sockets.push(join(env['HOME'], '.docker/run/docker.sock'));
  if (env['XDG_RUNTIME_DIR']) sockets.push(join(env['XDG_RUNTIME_DIR'], 'docker.sock'));
  return sockets.filter((path) => existsSync(path)).map((path) => `unix://${path}`);
}

export async function findDockerEngine(env: NodeJS.ProcessEnv): Promise<DockerEngine | undefined> {
  for (const host of dockerHosts(env)) {
    const engine = await dockerEngineAt(host);
    if (engine) return engine;
  }
  return undefined;
}

/** The engine at one address, or undefined where none answers. */
export async function dockerEngineAt(host: string): Promise<DockerEngine | undefined> {
  try {
    const answer = JSON.parse(await get(host, '/version')) as { Version?: string };
    return { host, version: answer.Version ?? 'unknown' };
  } catch {
    return undefined;
  }
}

function get(host: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ ...target(host), path, signal: AbortSignal.timeout(PING_TIMEOUT_MS) }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('error', reject);
      response.on('end', () => (response.statusCode === 200 ? resolve(body) : reject(new Error(`${response.statusCode}`))));
    });
    call.on('error', reject).end();
  });
}

function target(host: string): RequestOptions {
  const url = new URL(host);
  return url.protocol === 'unix:'
    ? { socketPath: url.pathname }
    : { host: url.hostname, port: Number(url.port || 2375) };
}
