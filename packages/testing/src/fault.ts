import childProcess, { type ChildProcess } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';

import pg from 'pg';

/**
 * Loaded with `--import` before the product, which knows nothing of it: kills the whole process group at one moment.
 * The file `COUNTERSIGN_FAULT_FILE` arms it by holding the moment's name, and is put aside when it struck. A git
 * command's moment is its end: the effect has happened, nobody has recorded it.
 */
const GIT_MOMENTS = {
  'after a snapshot, before its record': { command: /(^| )commit-tree /, words: / commit-tree / },
  'after push, before record': { command: /(^| )(push|update-ref)( |$)/, words: /refs\/heads\/countersign\// },
  'after the merge request opened, before record': { command: /(^| )update-ref( |$)/, words: /refs\/merge-requests\/\d+\/head/ },
  'after the ref update, before record': { command: /(^| )update-ref( |$)/, words: /update(-ref)? .*refs\/heads\/main/ },
} as const;
const INSIDE_A_STEP = 'inside a step';
const BETWEEN_STEPS = 'between steps';
const AFTER_A_VOTE = 'after a vote is stored, before it is sent';
/** The engine has begun the command; the program in it has not come to its end. */
const EXEC_BEGAN_MS = 15;

const file = process.env['COUNTERSIGN_FAULT_FILE'] ?? '';

function armedMoment(): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function strike(moment: string): void {
  if (armedMoment() !== moment) return;
  renameSync(file, `${file}.struck`);
  process.kill(-process.pid, 'SIGKILL');
}

/** Everything that is given to the process on its standard input by one `end`. */
function inputOf(child: ChildProcess): () => string {
  let input = '';
  const { stdin } = child;
  if (!stdin) return () => input;
  const end = stdin.end.bind(stdin) as (...all: unknown[]) => typeof stdin;
  stdin.end = ((...all: unknown[]) => {
    if (typeof all[0] === 'string' || all[0] instanceof Uint8Array) input += Buffer.from(all[0] as Uint8Array).toString();
    return end(...all);
  }) as typeof stdin.end;
  return () => input;
}

function watchGit(child: ChildProcess, words: string): void {
  const input = inputOf(child);
  child.once('exit', (code) => {
    if (code !== 0) return;
    for (const [moment, { command, words: said }] of Object.entries(GIT_MOMENTS)) {
      if (command.test(words) && said.test(` ${words} ${input()}`)) strike(moment);
    }
  });
}

const spawn = childProcess.spawn as (...all: unknown[]) => ChildProcess;
childProcess.spawn = ((command: string, args?: unknown, options?: unknown): ChildProcess => {
  const child = spawn(command, args, options);
  if (Array.isArray(args) && /(^|\/)git$/.test(command)) watchGit(child, args.join(' '));
  return child;
}) as typeof childProcess.spawn;

const request = http.request as (...all: unknown[]) => http.ClientRequest;
http.request = ((...all: unknown[]) => {
  const [first] = all as [{ readonly path?: string } | string | undefined];
  if (typeof first === 'object' && /\/exec\/[0-9a-f]+\/start/.test(first.path ?? '')) {
    setTimeout(() => strike(INSIDE_A_STEP), EXEC_BEGAN_MS);
  }
  return request(...all);
}) as typeof http.request;

/** What a transaction holds is there once it is committed: the first step and nothing of the second; a vote that nobody has sent. */
function momentOf(text: string, parameters: unknown): string | undefined {
  if (!Array.isArray(parameters)) return undefined;
  if (/INSERT INTO journal_step .*\brecord\)/s.test(text) && parameters[2] === 1) return BETWEEN_STEPS;
  return /INSERT INTO .*"?outbox"?\(/s.test(text) && parameters.includes('decide') ? AFTER_A_VOTE : undefined;
}

type Client = pg.Client & { moment?: string | undefined };
const query = pg.Client.prototype.query as (this: unknown, ...all: unknown[]) => unknown;
pg.Client.prototype.query = function (this: Client, ...all: unknown[]): unknown {
  const [text, parameters] = all;
  const answer = query.apply(this, all);
  if (typeof text !== 'string') return answer;
  this.moment = momentOf(text, parameters) ?? this.moment;
  const { moment } = this;
  if (/^(COMMIT|ROLLBACK)$/.test(text)) this.moment = undefined;
  if (text !== 'COMMIT' || moment === undefined) return answer;
  return Promise.resolve(answer).then((result) => {
    strike(moment);
    return result;
  });
} as typeof pg.Client.prototype.query;

syncBuiltinESMExports();
