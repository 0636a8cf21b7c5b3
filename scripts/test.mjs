// `npm test`: sets up everything, then runs every check and test; `--quick` (`npm run check`) is the inner loop.
// `--only=<step>,<step>` runs some of them, for the work on one: it says so, and it is not what CI calls.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

import { ROOT } from './lib/as-script.mjs';
import { makePreparation } from './lib/prepare.mjs';
import { startTestStack } from './lib/test-stack.mjs';
import { runTestStep, stopCurrentSteps } from './lib/test-step.mjs';
import { isAtLeast } from './lib/version.mjs';

const MIN_NODE = '20.3';
const FOLDER = join(ROOT, '.countersign-test');
const MINUTE = 60_000;
/** What a person has set for their own installation is not for a test run. */
const NOT_FOR_TESTS = /^(COUNTERSIGN_(?!CHROMIUM$|SANDBOX_IMAGE$)|DATABASE_URL$|TEMPORAL_)/;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const isQuick = process.argv.includes('--quick');
const only = process.argv.find((arg) => arg.startsWith('--only='))?.slice('--only='.length).split(',');
const results = [];
let isInterrupted = false;
let servers;

const say = (line) => void process.stdout.write(`${line}\n`);
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const bin = (path) => join(ROOT, 'node_modules', path);

/** `workers`: so many suites at a time; three keep two cores busy. Which may not run beside others is said in jest.config.mjs. */
const jest = (project, minutes, { workers = 1, ...more } = {}) => ({
  name: project === 'small' ? 'unit' : project,
  minutes,
  script: bin('jest/bin/jest.js'),
  args: (report) => ['--ci', '--selectProjects', project, `--maxWorkers=${workers}`, '--json', `--outputFile=${report}`],
  isJest: true,
  ...more,
});

/**
 * In order. `needs` names a step without which this one can only fail for another step's reason; `isEarly` marks what needs
 * Node and the packages alone, and is run while a fresh machine still gets its servers; `beside` names the one after it
 * where it takes both to keep two cores busy; `isAsked` is run only where `--only` names it.
 */
const STEPS = [
  { name: 'console types', isEarly: true, minutes: 3, script: bin('@graphql-codegen/cli/esm/bin.js'), args: () => ['--config', 'codegen.ts'], cwd: 'web', inQuick: true },
  { name: 'lint', isEarly: true, beside: 'types', minutes: 6, script: bin('eslint/bin/eslint.js'), args: () => ['.', '--max-warnings', '0'], inQuick: true },
  { name: 'types', isEarly: true, minutes: 3, script: bin('@typescript/native/bin/tsc'), args: () => ['-p', 'tsconfig.json', '--noEmit'], inQuick: true },
  { name: 'types web', isEarly: true, beside: 'knip', minutes: 3, script: bin('@typescript/native/bin/tsc'), args: () => ['-p', 'web/tsconfig.json', '--noEmit'], inQuick: true },
  { name: 'knip', isEarly: true, minutes: 3, script: bin('knip/bin/knip.js'), args: () => ['--no-config-hints'] },
  jest('small', 6, { isEarly: true, inQuick: true, workers: 2 }),
  { name: 'build', isEarly: true, minutes: 15, script: join(ROOT, 'scripts/build.mjs'), args: () => [] },
  { name: 'generated', isEarly: true, minutes: 3, script: join(ROOT, 'scripts/codegen.mjs'), args: () => ['--check'], needs: 'build' },
  jest('medium', 12, { needsServers: true, workers: 3 }),
  jest('serial', 8, { needsServers: true }),
  jest('tamper', 10, { needs: 'build', needsServers: true, hasTable: true }),
  jest('large', 30, { needs: 'build', needsServers: true, workers: 3 }),
  jest('bench', 8, { needsServers: true, isAsked: true, hasTable: true }),
  { name: 'demo', beside: 'demo model', minutes: 8, script: join(ROOT, 'scripts/demo.mjs'), args: () => ['--own-stack'], needs: 'build' },
  { name: 'demo model', minutes: 5, script: join(ROOT, 'scripts/demo.mjs'), args: () => ['--model'], needs: 'build' },
];

function environment(parts = []) {
  const kept = Object.entries(process.env).filter(([name]) => !NOT_FOR_TESTS.test(name));
  const env = { ...Object.fromEntries(kept), CI: 'true', FORCE_COLOR: '0', NO_COLOR: '1', NX_DAEMON: 'false', NX_TUI: 'false' };
  const node = parts.find(({ name }) => name === 'runtime')?.where;
  const chromium = parts.find(({ name }) => name === 'chromium')?.where;
  if (chromium) env.COUNTERSIGN_CHROMIUM = chromium;
  if (node) env.PATH = [join(ROOT, 'node_modules/.bin'), dirname(node), env.PATH].join(delimiter);
  // Node and npm configuration of the `npm test` around it would leak into every child.
  for (const name of Object.keys(env)) if (/^npm_(config|lifecycle|package)_/.test(name)) delete env[name];
  return { env, node };
}

function record(name, ms, { passed, failed, why, log }) {
  results.push({ name, ms, passed, failed });
  const mark = failed > 0 ? '✗' : '✓';
  const tests = passed + failed > 1 ? `${passed} passed${failed > 0 ? `, ${failed} failed` : ''}  ` : '';
  say(`${mark} ${name.padEnd(14)} ${seconds(ms).padStart(8)}  ${tests}${why ? `${why}  ` : ''}${log ?? ''}`);
}

/** `early` is begun as soon as Node is there, and awaited with all the rest. */
async function setUp(early) {
  const begin = Date.now();
  const { env } = environment();
  const preparation = makePreparation({ env, root: ROOT, say, isInterrupted: () => isInterrupted });
  say('Set-up');
  try {
    const parts = isQuick ? await preparation.basics() : await preparation.everything({ withChromium: true, whenRuntime: ({ node }) => early(node) });
    const missing = parts.filter(({ ok }) => ok === false);
    const why = missing.map(({ name, fix }) => `${name} is missing: ${fix}`).join(' ');
    record('set-up', Date.now() - begin, missing.length > 0 ? { passed: 0, failed: 1, why } : { passed: 1, failed: 0 });
    return { parts, preparation };
  } catch (error) {
    record('set-up', Date.now() - begin, { passed: 0, failed: 1, why: `${error.message} ${error.fix ?? ''}`.trim() });
    // What can be checked without the missing part is checked all the same.
    return { parts: await preparation.basics().catch(() => []), preparation };
  }
}

/** Started for the first step that needs them, and kept: once a run. A failure is that of its own line, told once. */
async function withServers({ env, node }) {
  const begin = Date.now();
  try {
    servers ??= await startTestStack({ root: ROOT, node, env, folder: FOLDER });
    if (!results.some(({ name }) => name === 'servers')) record('servers', Date.now() - begin, { passed: 1, failed: 0 });
    return { ...env, ...servers.env };
  } catch (error) {
    record('servers', Date.now() - begin, { passed: 0, failed: 1, why: error.message });
    return undefined;
  }
}

async function runStep(step, { env: plainEnv, node }) {
  const env = step.needsServers ? await withServers({ env: plainEnv, node }) : plainEnv;
  if (!env) return record(step.name, 0, { passed: 0, failed: 1, why: 'not run: it needs the servers' });
  const begin = Date.now();
  const blocker = step.needs && results.find(({ name, failed }) => name === step.needs && failed > 0);
  if (blocker) return record(step.name, 0, { passed: 0, failed: 1, why: `not run: it needs ${step.needs}, which failed` });
  if (process.stdout.isTTY) process.stdout.write(`… ${step.name}\r`);
  const report = step.isJest ? join(FOLDER, `${step.name}.json`) : undefined;
  rmSync(join(FOLDER, `${step.name}.txt`), { force: true });
  const result = await runTestStep({
    root: ROOT,
    folder: FOLDER,
    name: step.name,
    command: node,
    args: [step.script, ...step.args(report)],
    env,
    cwd: join(ROOT, step.cwd ?? '.'),
    timeoutMs: step.minutes * MINUTE,
    report,
  });
  record(step.name, Date.now() - begin, result);
  const table = join(FOLDER, `${step.name}.txt`);
  if (only && step.hasTable && existsSync(table)) say(readFileSync(table, 'utf8'));
  if (result.failed > 0) say(result.tail().map((line) => `    ${line}`).join('\n'));
}

function showTable(begunAt) {
  say('\nTime');
  for (const { name, ms, passed, failed } of [...results].sort((a, b) => b.ms - a.ms)) {
    say(`  ${name.padEnd(14)} ${seconds(ms).padStart(9)}  ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed`);
  }
  say(`  ${'all'.padEnd(14)} ${seconds(Date.now() - begunAt).padStart(9)}\n`);
}

async function main() {
  if (!isAtLeast(process.versions.node, MIN_NODE)) {
    say(`Node ${process.versions.node} is too old to begin with. Install Node ${MIN_NODE} or newer.\n\n0 passed, 1 failed`);
    return 1;
  }
  const begunAt = Date.now();
  mkdirSync(FOLDER, { recursive: true });
  const stop = () => {
    isInterrupted = true;
    void stopCurrentSteps();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  const left = STEPS.filter(({ name, inQuick, isAsked }) => (only ? only.includes(name) : isQuick ? inQuick : !isAsked));
  if (only) say(`Only ${left.map(({ name }) => name).join(', ') || 'nothing'}: this is not the whole of it.`);
  const run = async (context, isNow = () => true) => {
    while (left.length > 0 && isNow(left[0]) && !isInterrupted) {
      const [first, second] = left;
      const together = left.splice(0, second && first.beside === second.name ? 2 : 1);
      await Promise.all(together.map((step) => runStep(step, context)));
    }
  };
  const { parts, preparation } = await setUp((node) => run(environment([{ name: 'runtime', where: node }]), ({ isEarly }) => isEarly === true));
  const { env, node } = environment(parts);
  if (!node || isInterrupted) say('\nNo check can run without the set-up.');
  try {
    if (node) await run({ env, node });
  } finally {
    await servers?.stop();
    await preparation.leave();
  }
  if (isInterrupted) record('interrupted', 0, { passed: 0, failed: 1, why: 'stopped by a signal' });
  showTable(begunAt);
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  say(`${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') === 0 ? 0 : 1;
}

process.exitCode = await main();
