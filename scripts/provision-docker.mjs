// A container engine: one that runs, or docker.io on a Debian machine where we are root.
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

import { aptInstall, hasApt, isRoot } from './lib/apt.mjs';
import { runProvisioner } from './lib/as-script.mjs';
import { cacheRoot } from './lib/cache.mjs';
import { engineHosts, findEngine } from './lib/docker-api.mjs';
import { hasServiceManager, logFile, ourDaemon, startDaemon, useDaemon } from './lib/dockerd.mjs';
import { withLock } from './lib/lock.mjs';
import { run, which } from './lib/run.mjs';

const DEFAULT_HOST = 'unix:///var/run/docker.sock';

/**
 * Never throws: without an engine execution waits, and everything else works. A daemon that is started for a `user` (a
 * process) is stopped after its last user; one that is started by hand stays.
 */
export async function provisionDocker({ log, env, user }) {
  try {
    if (user) useDaemon(env, user);
    const lock = join(cacheRoot(env), 'docker.lock');
    return (await running(env)) ?? (await withLock(lock, log, () => obtain({ log, env, isKept: !user })));
  } catch (error) {
    return missing(error.message.split('\n')[0], fixFor(env));
  }
}

async function running(env) {
  const engine = await findEngine(env);
  return engine && answer(engine, env);
}

async function obtain({ log, env, isKept }) {
  const already = await running(env);
  if (already) return already;
  if (env.DOCKER_HOST || !isRoot() || process.platform !== 'linux') return missing('No container engine answers.', fixFor(env));

  const searched = { ...env, PATH: `${env.PATH}:/usr/sbin:/sbin` };
  if (!which('dockerd', searched)) {
    if (!hasApt(env)) return missing('There is no container engine.', fixFor(env));
    log('this machine has no container engine; sandboxes need one');
    await aptInstall(['docker.io'], { log, env });
  }
  if (hasServiceManager()) {
    log('starting the docker service');
    await run('systemctl', ['start', 'docker'], { env, timeoutMs: 60_000 });
    return (await running(env)) ?? missing('The docker service does not answer.', 'Run `systemctl status docker`.');
  }
  log('starting dockerd; no service manager does it here');
  const engine = await startDaemon(env, { isKept });
  return engine
    ? answer(engine, env)
    : missing('dockerd did not come up.', `Look into ${logFile(env)}, then run \`node scripts/provision-docker.mjs\`.`);
}

function answer({ host, version }, env) {
  const daemon = host === DEFAULT_HOST ? ourDaemon(env) : undefined;
  const how = daemon ? 'dockerd that we started' : 'an engine that was running';
  return { name: 'docker', ok: true, version, where: host, how, host, ...(daemon && { daemon }) };
}

function missing(why, fix) {
  return { name: 'docker', ok: false, version: '', where: '', how: why, fix };
}

function fixFor(env) {
  if (engineHosts(env).includes(DEFAULT_HOST) && !isOpenToUs()) {
    return 'An engine runs, but not for this account: run `sudo usermod -aG docker $USER` once, then sign in again.';
  }
  if (process.platform === 'darwin') return 'Start Docker Desktop, or set DOCKER_HOST.';
  if (env.DOCKER_HOST) return `Start the engine at ${env.DOCKER_HOST}, or unset DOCKER_HOST.`;
  if (isRoot() && hasApt(env)) return 'Run `node scripts/provision-docker.mjs`.';
  if (!isRoot() && which('dockerd', { PATH: `${env.PATH}:/usr/sbin:/sbin` })) {
    return 'Run `sudo systemctl start docker`, and `sudo usermod -aG docker $USER` once (then sign in again).';
  }
  return hasApt(env)
    ? 'Run `sudo apt-get install docker.io` and `sudo usermod -aG docker $USER`, then sign in again.'
    : 'Install Docker Engine and start it, or set DOCKER_HOST.';
}

function isOpenToUs() {
  try {
    accessSync(new URL(DEFAULT_HOST).pathname, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

await runProvisioner(import.meta, 'docker', provisionDocker);
