import { readFileSync } from 'node:fs';

/**
 * A process is named by pid and start time (clock ticks since boot), so that a reused pid is never taken for it.
 * Where there is no /proc the start time is 0 and only the pid counts.
 */
export function startTimeOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name in brackets may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    return isSignalable(pid) && process.platform !== 'linux' ? 0 : undefined;
  }
}

export function isRunning({ pid, startTime }) {
  const now = startTimeOf(pid);
  return now !== undefined && now === startTime;
}

export function thisProcess() {
  return { pid: process.pid, startTime: startTimeOf(process.pid) ?? 0 };
}

function isSignalable(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
