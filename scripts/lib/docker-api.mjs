import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Every place where an engine may listen here, the configured one alone where there is one. */
export function engineHosts(env) {
  if (env.DOCKER_HOST) return [env.DOCKER_HOST];
  const home = env.HOME || homedir();
  const sockets = ['/var/run/docker.sock', join(home, '.docker/run/docker.sock')];
  if (env.XDG_RUNTIME_DIR) sockets.push(join(env.XDG_RUNTIME_DIR, 'docker.sock'));
  return sockets.filter((path) => existsSync(path)).map((path) => `unix://${path}`);
}

/** The first engine that answers: `{ host, version }`. */
export async function findEngine(env) {
  for (const host of engineHosts(env)) {
    try {
      const { status, body } = await engineCall(host, { path: '/version', timeoutMs: 3_000 });
      if (status === 200) return { host, version: JSON.parse(body).Version };
    } catch {
      // Nobody listens, or we may not.
    }
  }
  return undefined;
}

/** One call to the Engine API. `source` is a readable that becomes the body. */
export function engineCall(host, { method = 'GET', path, headers = {}, source, body, timeoutMs = 30_000 }) {
  return new Promise((resolve, reject) => {
    const call = request({ ...target(host), method, path, headers, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString('utf8') }));
    });
    call.on('error', reject);
    if (source) source.on('error', (error) => call.destroy(error)).pipe(call);
    else call.end(body);
  });
}

function target(host) {
  const url = new URL(host);
  if (url.protocol === 'unix:') return { socketPath: url.pathname };
  if (url.protocol === 'tcp:' || url.protocol === 'http:') return { host: url.hostname, port: url.port || 2375 };
  throw new Error(`DOCKER_HOST ${host} is neither unix:// nor tcp://`);
}
