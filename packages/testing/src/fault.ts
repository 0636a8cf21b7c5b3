import { readFileSync, renameSync } from 'node:fs';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';

import { ProcessHost, type ProcessResult } from '@countersign/git';
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

const run = ProcessHost.prototype.run;
ProcessHost.prototype.run = async function (this: ProcessHost, binary, args, options): Promise<ProcessResult> {
  const result = await run.call(this, binary, args, options);
  const [words, input] = [args.join(' '), new TextDecoder().decode(typeof options.stdin === 'string' ? Buffer.from(options.stdin) : options.stdin)];
  for (const [moment, { command, words: said }] of Object.entries(GIT_MOMENTS)) {
    if (result.exitCode === 0 && command.test(words) && said.test(` ${words} ${input}`)) strike(moment);
  }
  return result;
};

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
