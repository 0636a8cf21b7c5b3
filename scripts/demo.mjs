// `npm run demo`: one change request through every stage on a bundled sample, narrated, with the CLI only.
// `--own-stack` starts an installation for it and stops it again; `--times=2` runs it twice.
// `--model` has plain words understood by a language model, which is a script of ours behind a real wire protocol.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ROOT } from './lib/as-script.mjs';
import { dataFolder } from './lib/clone.mjs';
import { REQUEST, startDemoModel } from './lib/demo-model.mjs';
import { makeSample, sampleFolder } from './lib/demo-sample.mjs';
import { startOwnStack } from './lib/demo-stack.mjs';
import { run } from './lib/run.mjs';
import { runningInstallation } from './lib/running.mjs';

const CLI = 'packages/cli/bin/countersign.mjs';
const PROJECT = 'sample';
const NAMES = ['computeTotal', 'calculateTotal'];
const TEST_COMMAND = 'node --test';
const EXIT_NOT_FOUND = 5;
const WAIT_SECONDS = 180;
const CALL_TIMEOUT_MS = (WAIT_SECONDS + 30) * 1000;

const say = (line = '') => void process.stdout.write(`${line}\n`);
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const indented = (text) => text.trimEnd().split('\n').map((line) => `      ${line}`).join('\n');

class DemoError extends Error {
  name = 'DemoError';
}

/** Says what happens before it does, and how long it took after. */
function narrator() {
  let number = 0;
  return async (text, work) => {
    number += 1;
    say(`\n${String(number).padStart(2)}. ${text}`);
    const begin = Date.now();
    const result = await work();
    say(`    ${seconds(Date.now() - begin)}`);
    return result;
  };
}

/** The command as people type it, run as one of the sample people. */
function commandLine(env) {
  const call = async (person, args, { json }) => {
    say(`    ${person}$ npx --no-install countersign ${args.map(quoted).join(' ')}`);
    const childEnv = { ...env, COUNTERSIGN_PROFILE: `demo-${person}`, NO_COLOR: '1' };
    const { code, stdout, stderr } = await spawnCli([...args, ...(json ? ['--json'] : [])], childEnv);
    return { code, stdout, stderr };
  };
  const refused = (args, { code, stdout, stderr }) =>
    new DemoError(`\`countersign ${args.join(' ')}\` ended with exit code ${code}.\n${`${stderr}${stdout}`.trim()}`);
  return {
    /** Answers the JSON document; `allow` names exit codes that are an answer as well. */
    async json(person, args, { allow = [] } = {}) {
      const result = await call(person, args, { json: true });
      if (result.code !== 0 && !allow.includes(result.code)) throw refused(args, result);
      return result.code === 0 ? JSON.parse(result.stdout) : undefined;
    },
    /** Shows what the command prints for people. */
    async text(person, args) {
      const result = await call(person, args, { json: false });
      if (result.code !== 0) throw refused(args, result);
      say(indented(result.stdout));
    },
  };
}

function spawnCli(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, CLI), ...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: CALL_TIMEOUT_MS });
    const out = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name].on('data', (chunk) => (out[name] += chunk));
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? signal, ...out }));
  });
}

function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

async function git(bare, ...args) {
  const { stdout } = await run('git', ['--git-dir', bare, ...args]);
  return stdout;
}

/** The sample's own name for it, so that a second run renames it back. */
async function namesFor({ bare, branch }) {
  const { stdout } = await run('git', ['--git-dir', bare, 'show', `${branch}:src/cart.js`]);
  return stdout.includes(`function ${NAMES[0]}(`) ? NAMES : [...NAMES].reverse();
}

async function projectFor(cli, repo) {
  const known = await cli.json('maintainer', ['project', 'show', PROJECT], { allow: [EXIT_NOT_FOUND] });
  if (known && known.repo !== repo) {
    throw new DemoError(`There is a project ${PROJECT} of ${known.repo} already, which is not the demo's.`);
  }
  return known ?? cli.json('maintainer', ['project', 'add', PROJECT, '--repo', repo, '--test-command', TEST_COMMAND]);
}

async function approve(cli, id, gateName) {
  const { gates } = await cli.json('reviewer', ['request', 'show', id]);
  const { digest, revision } = gates.find(({ name }) => name === gateName);
  say(`    The ${gateName} gate is open: revision ${revision}, digest ${digest}`);
  const answer = await cli.json('reviewer', ['approve', id, '--gate', gateName, '--digest', digest, '-m', 'Looks right', '--wait', '30']);
  say(`    Outcome: ${answer.outcome}`);
}

async function waitFor(cli, id, state) {
  try {
    return await cli.json('maintainer', ['request', 'wait', id, '--for', state, '--timeout', String(WAIT_SECONDS)]);
  } catch (error) {
    await cli.text('maintainer', ['request', 'show', id]).catch(() => undefined);
    throw error;
  }
}

async function requireMerge({ bare, branch }, id, before) {
  const commits = (await git(bare, 'rev-list', '--first-parent', `${before}..${branch}`)).trim().split('\n').filter(Boolean);
  if (commits.length !== 1) throw new DemoError(`${commits.length} commits are new on ${branch} in place of one merge.`);
  const text = await git(bare, 'log', '-1', '--format=commit %H%nparents %P%nauthor  %an%n%n%B', branch);
  say(indented(text));
  const parents = /^parents (.*)$/m.exec(text)?.[1]?.split(' ') ?? [];
  const missing = [`Countersign-Request: ${id}`, 'Countersign-Plan: ', 'Approved-by: '].filter((trailer) => !text.includes(`\n${trailer}`));
  if (parents.length !== 2) throw new DemoError(`The merge commit has ${parents.length} parent, not two.`);
  if (missing.length > 0) throw new DemoError(`The merge commit lacks ${missing.map((one) => one.trim()).join(', ')}`);
  say(indented(await git(bare, 'diff', '--stat', before, branch)));
}

async function demo(env, model) {
  const begin = Date.now();
  const step = narrator();
  const cli = commandLine(env);
  const repo = sampleFolder(env, dataFolder(env, ROOT));

  await step('A sample repository: a small shop in JavaScript, with tests.', async () => {
    const { made } = await makeSample(repo);
    say(`    ${made ? 'Made' : 'Already there'}: ${repo}`);
  });
  await step('Two people sign in: a maintainer who asks, a reviewer who decides. Nobody approves their own request.', async () => {
    say('    Each has a profile: COUNTERSIGN_PROFILE=demo-maintainer and demo-reviewer.');
    await cli.json('maintainer', ['login', '--as', 'maintainer']);
    await cli.json('reviewer', ['login', '--as', 'reviewer']);
  });
  const project = await step('The maintainer adds it as a project. It is imported as a bare copy; the source is never written.', async () => {
    const added = await projectFor(cli, repo);
    say(`    Bare copy: ${added.bare}, branch ${added.branch}`);
    return added;
  });
  const [from, to] = await namesFor(project);
  const before = (await git(project.bare, 'rev-parse', project.branch)).trim();
  const asked = model ? REQUEST : { title: `rename ${from} to ${to}`, body: '' };
  const understands = model ? `The model ${model.name} understands them: a script of ours over a real wire protocol; nothing leaves this machine.` : 'The offline model understands a few kinds of them.';
  const { id } = await step(`The maintainer asks for a change in plain words. ${understands}`, async () => {
    const created = await cli.json('maintainer', ['request', 'create', '--project', PROJECT, '--title', asked.title, ...(asked.body ? ['--body', asked.body] : [])]);
    say(`    Request ${created.id}${created.url ? `: ${created.url}` : ''}`);
    return created;
  });
  await step('A spec and a plan are written. Nothing runs before somebody approves exactly that plan.', async () => {
    await waitFor(cli, id, 'PLAN_REVIEW');
    await cli.text('reviewer', ['plan', id]);
  });
  await step('The reviewer approves the plan by the digest that was shown.', () => approve(cli, id, 'plan'));
  await step('The change is made in a sandbox without network, tested, measured, pushed and reviewed.', async () => {
    await waitFor(cli, id, 'MERGE_REVIEW');
    await cli.text('reviewer', ['diff', id]);
    await cli.text('reviewer', ['checks', id]);
    if (model) await cli.text('reviewer', ['logs', id]);
  });
  await step('The reviewer approves the merge: this tree onto this tip, nothing else.', () => approve(cli, id, 'merge'));
  await step('It is merged.', () => waitFor(cli, id, 'DONE'));
  await step('What git says in the bare copy:', () => requireMerge(project, id, before));
  const { merge } = await cli.json('maintainer', ['request', 'show', id]);
  say('\nTo bring the result home into the source:');
  for (const line of merge?.bringHome ?? []) say(`    ${line}`);
  say(`\nDone in ${seconds(Date.now() - begin)}: request ${id} is merged.`);
}

async function main() {
  const times = Number(process.argv.find((arg) => arg.startsWith('--times='))?.slice('--times='.length) ?? 1);
  const folder = mkdtempSync(join(tmpdir(), 'countersign-demo-model-'));
  const model = process.argv.includes('--model') ? await startDemoModel({ root: ROOT, dir: folder }) : undefined;
  // Which model an installation uses is said at its start, so that of a model is always one of its own.
  const needsOwn = model || process.argv.includes('--own-stack');
  const ownStack = needsOwn ? await startOwnStack({ root: ROOT, say, settings: model?.env }) : undefined;
  const env = ownStack?.env ?? process.env;
  try {
    if (!runningInstallation({ env, root: ROOT })) throw new DemoError('Countersign is not running here. Run `npm start` first, in another terminal.');
    for (let count = 1; count <= times; count += 1) {
      if (times > 1) say(`\n=== ${count} of ${times}`);
      await demo(env, model);
    }
  } finally {
    const left = (await ownStack?.stop()) ?? [];
    await model?.stop();
    rmSync(folder, { recursive: true, force: true });
    if (left.length > 0) {
      say(`Still there after the stop: ${left.join(', ')}`);
      process.exitCode = 1;
    }
  }
}

try {
  await main();
} catch (error) {
  say(`\n${error instanceof DemoError ? error.message : (error.stack ?? error)}`);
  process.exitCode = 1;
}
