// One check as a child process: its own process group, its output in a file, a deadline, a count.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { isRunning, startTimeOf } from './process-table.mjs';

const TAIL_LINES = 80;
const TAIL_BYTES = 64_000;
const GRACE_MS = 15_000;
/** A teardown has so long after the last test; then whatever keeps jest from ending is a failure of its own. */
const AFTER_REPORT_MS = 60_000;

/** What is at work now, for an interrupt to stop. */
const current = new Set();

export async function stopCurrentSteps() {
  await Promise.all([...current].map(({ pid }) => stopTree(pid)));
}

/**
 * Runs an argument vector; answers `{ passed, failed, why? }`. A `report` is a file that jest writes: its tests are
 * counted in place of the command.
 */
export async function runTestStep({ root, folder, name, command, args, env, cwd = root, timeoutMs, report }) {
  const log = join(folder, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.log`);
  mkdirSync(dirname(log), { recursive: true });
  if (report) rmSync(report, { force: true });
  const ended = await spawnLogged({ command, args, env, cwd, timeoutMs, log, report });
  const count = report ? jestCount(report, ended) : plainCount(ended);
  return { ...count, log: relative(root, log), tail: () => tailOf(log) };
}

function spawnLogged({ command, args, env, cwd, timeoutMs, log, report }) {
  return new Promise((resolve) => {
    const out = openSync(log, 'w');
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', out, out] });
    closeSync(out);
    current.add(child);
    let stopped;
    const stop = (why) => {
      stopped ??= why;
      void stopTree(child.pid);
    };
    const deadline = setTimeout(() => stop(`took longer than ${Math.round(timeoutMs / 1000)} s and was stopped`), timeoutMs);
    const watch = setInterval(() => {
      const written = report && statSync(report, { throwIfNoEntry: false });
      if (written && Date.now() - written.mtimeMs > AFTER_REPORT_MS && !stopped) stop('the tests ended but jest did not: something stays open');
    }, 2_000);
    const done = (answer) => {
      clearTimeout(deadline);
      clearInterval(watch);
      current.delete(child);
      resolve(stopped ? { why: stopped, isStopped: true } : answer);
    };
    child.on('error', (error) => done({ why: `could not be run: ${error.code}` }));
    child.on('exit', (code, signal) => done(code === 0 ? {} : { why: `ended with ${signal ?? `exit code ${code}`}` }));
  });
}

function plainCount({ why }) {
  return why ? { passed: 0, failed: 1, why } : { passed: 1, failed: 0 };
}

/** A skipped or empty test is no passed one, and a run without a whole report is a failed one. */
function jestCount(report, { why, isStopped }) {
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, why: why ?? 'jest wrote no report' };
  }
  const skipped = result.numPendingTests + result.numTodoTests;
  const passed = result.numPassedTests;
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites + skipped;
  if (failed > 0) {
    const parts = [
      [result.numFailedTests, 'failed'],
      [result.numRuntimeErrorTestSuites, 'files that did not run'],
      [skipped, 'skipped'],
    ];
    const counted = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
    return { passed, failed, why: [...counted, ...(isStopped ? [why] : [])].join(', ') };
  }
  if (why) return { passed, failed: 1, why };
  return passed > 0 ? { passed, failed: 0 } : { passed: 0, failed: 1, why: 'there is no test' };
}

/** Ends a process, its group and everything it started; what is not below it is never touched. */
async function stopTree(pid) {
  const tree = descendants(pid);
  signalGroup(pid, 'SIGTERM');
  const deadline = Date.now() + GRACE_MS;
  while (tree.some(isRunning) && Date.now() < deadline) await sleep(100);
  for (const one of tree) if (isRunning(one)) signal(one.pid, 'SIGKILL');
  signalGroup(pid, 'SIGKILL');
}

/** Taken before anything is stopped: an orphan no longer tells whose it was. */
function descendants(pid) {
  const children = new Map();
  for (const name of existingPids()) {
    const parent = parentOf(name);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), name]);
  }
  const found = [];
  for (let next = [pid]; next.length > 0; next = next.flatMap((one) => children.get(one) ?? [])) found.push(...next);
  return found.map((one) => ({ pid: one, startTime: startTimeOf(one) ?? 0 }));
}

function existingPids() {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

function signalGroup(pid, name) {
  signal(-pid, name);
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // Already gone.
  }
}

function tailOf(path) {
  const { size } = statSync(path);
  const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
  const file = openSync(path, 'r');
  readSync(file, bytes, 0, bytes.length, size - bytes.length);
  closeSync(file);
  return bytes.toString('utf8').trimEnd().split('\n').slice(-TAIL_LINES);
}
