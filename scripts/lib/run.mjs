import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const KEPT_CHARS = 64_000;

class CommandError extends Error {
  name = 'CommandError';

  constructor(message, result) {
    super(message);
    this.result = result;
  }
}

/**
 * Runs one argument vector, never a shell string. The child gets its own process group, so that a deadline ends what it
 * started too. `show: true` passes its output on to stderr; stdout stays free for the caller's own answer.
 */
export function run(command, args, options = {}) {
  const { cwd, env = process.env, timeoutMs = 60_000, show = false, allowFailure = false, input } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const result = { code: null, signal: null, stdout: '', stderr: '' };
    const failed = (why) => {
      const tail = `${result.stdout.trim()}\n${result.stderr.trim()}`.trim().split('\n').slice(-25).join('\n');
      reject(new CommandError(`\`${[command, ...args].join(' ')}\` ${why}${tail ? `\n${tail}` : ''}`, result));
    };
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      killGroup(child.pid, 'SIGKILL');
    }, timeoutMs);
    const forward = (signal) => killGroup(child.pid, signal);
    process.once('SIGINT', forward).once('SIGTERM', forward);
    for (const name of ['stdout', 'stderr']) {
      child[name].on('data', (chunk) => {
        if (show) process.stderr.write(chunk);
        result[name] = (result[name] + chunk).slice(-KEPT_CHARS);
      });
    }
    const settle = () => {
      clearTimeout(deadline);
      process.off('SIGINT', forward).off('SIGTERM', forward);
    };
    child.on('error', (error) => {
      settle();
      reject(new CommandError(`\`${command}\` could not be run: ${error.code}`, result));
    });
    child.on('close', (code, signal) => {
      settle();
      Object.assign(result, { code, signal });
      if (late) return failed(`took longer than ${Math.round(timeoutMs / 1000)} s and was stopped.`);
      if (code !== 0 && !allowFailure) return failed(`ended with ${signal ?? `exit code ${code}`}.`);
      return resolve(result);
    });
    child.stdin.on('error', () => {}); // The child may end before it has read everything.
    child.stdin.end(input);
  });
}

function killGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // Already gone.
  }
}

/** The program's path, or undefined. */
export function which(name, env = process.env) {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (!folder) continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
