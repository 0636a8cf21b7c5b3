import type { Verdict } from '@countersign/domain';
import { type Command, InvalidArgumentError } from 'commander';

import { exitCodeOf, usage } from '../cli-error.js';
import type { Commands, Context } from '../context.js';
import { escapeText } from '../escape-text.js';
import { textsOf } from '../hidden.js';
import { gateOption, readDocument, readSubject, type Subject } from './document.commands.js';
import { DETAIL, type Detail } from './request-view.js';
import { wholeNumber } from './request.commands.js';
import { hiddenNote, signedWords } from './signed-view.js';

type Flags = { gate: string; digest?: string; message?: string; wait?: number };
type Result = { outcome: 'recorded' | 'pending' | 'refused'; code: string | null; message: string | null; decisionId: string | null; state: string };

const DECIDE = 'mutation ($input: DecideInput!) { decide(input: $input) { outcome code message decisionId state } }';
const DOCUMENT_OF_GATE: Readonly<Record<string, string>> = { spec: 'spec', plan: 'plan', diff: 'diff', merge: 'diff' };
const QUESTIONS: Readonly<Record<Verdict, string>> = { approve: 'Approve', reject: 'Reject', 'request-changes': 'Request changes to' };
const WAIT_POLL_MS = 500;

export function digestArgument(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new InvalidArgumentError('A digest is 64 lower-case hex characters.');
  return text;
}

/** All that an approval covers, with what is hidden in it shown. */
async function shownDocument(context: Context, id: string, gate: string, subject: Subject): Promise<string> {
  const document = await readDocument(context, id, DOCUMENT_OF_GATE[gate] ?? gate);
  const isChange = document.kind === 'diff';
  const note = hiddenNote(context, [...textsOf(subject.text), ...(isChange ? [document.text] : [])]);
  return `${escapeText(document.text)}\n\n${escapeText(subject.text)}\n\n${note}`;
}

/** Shows what would be signed and asks; answers the digest that was shown. */
async function confirmed(context: Context, id: string, verdict: Verdict, { gate, digest }: Flags): Promise<string | undefined> {
  const { io, printer } = context;
  const subject = await readSubject(context, id, gate);
  const isStale = digest !== undefined && digest !== subject.digest;
  // Who refuses has named the digest already; who approves sees all of it again.
  if (verdict === 'approve') io.stdout.write(await shownDocument(context, id, gate, subject));
  io.stdout.write(await signedWords(context, id, verdict, subject));
  if (isStale) io.stdout.write(`${printer.colour('yellow', 'This is not the digest that you named')}: ${digest}. The server will refuse it.\n`);
  const answer = await io.ask(`${QUESTIONS[verdict]} the ${gate}? [y/N] `);
  return /^y(es)?$/i.test(answer.trim()) ? (digest ?? subject.digest) : undefined;
}

/** A pending vote is stored and on its way; it has arrived when the gate counted or dropped it, or is open no longer. */
async function settled({ gateway, io }: Context, id: string, gate: string, result: Result, seconds: number): Promise<Result> {
  const until = io.now() + seconds * 1000;
  while (io.now() < until) {
    await io.sleep(Math.min(WAIT_POLL_MS, Math.max(1, until - io.now())));
    const { request } = await gateway.run<{ request: Detail }>(DETAIL, { id });
    const shown = request.gates.find(({ name }) => name === gate);
    const vote = shown?.decisions.find((decision) => decision.id === result.decisionId);
    if (vote?.status === 'dropped') return { ...result, outcome: 'refused', code: vote.code, state: request.state };
    if (vote?.status === 'counted' || shown?.state !== 'open') return { ...result, outcome: 'recorded', state: request.state };
  }
  return result;
}

async function send(context: Context, id: string, verdict: Verdict, { gate, digest, message, wait }: Flags): Promise<void> {
  const input = { id, gate, digest, verdict: verdict.replaceAll('-', '_'), reason: message ?? null };
  const { decide: told } = await context.gateway.run<{ decide: Result }>(DECIDE, { input });
  const result = wait && told.outcome === 'pending' ? await settled(context, id, gate, told, wait) : told;
  const { outcome, code, state } = result;
  context.printer.answer({ outcome, ...(code === null ? {} : { code }), state }, () => `${verdict} ${outcome}; the request is in ${state}\n`);
  if (outcome !== 'refused') return;
  context.printer.note(`${code ?? 'refused'}: ${result.message ?? 'nothing changed'}`);
  context.exitCode = exitCodeOf(code);
}

/** On a terminal nothing is signed before it was said in words and confirmed. */
async function decide(context: Context, id: string, verdict: Verdict, flags: Flags): Promise<void> {
  const { io, printer } = context;
  const isAsked = io.isInteractive && !printer.isJson;
  if (!isAsked && flags.digest === undefined) {
    throw usage('approve needs --digest when nobody can be asked: `subject <id> --gate g --json` shows it', 'digest');
  }
  const digest = isAsked ? await confirmed(context, id, verdict, flags) : flags.digest;
  if (digest === undefined) {
    printer.note('Nothing was decided.');
    context.exitCode = 4;
    return;
  }
  await send(context, id, verdict, { ...flags, digest });
}

export function decisionCommands(commands: Commands): Command[] {
  const against = (verdict: 'reject' | 'request-changes', description: string): Command =>
    commands.make<Flags>(`${verdict} <id>`, description, (context, [id = ''], flags) => decide(context, id, verdict, flags), (command) =>
      command
        .addOption(gateOption())
        .requiredOption('--digest <digest>', 'of what you were shown', digestArgument)
        .requiredOption('-m, --message <reason>', 'why'));
  return [
    commands.make<Flags>(
      'approve <id>',
      'Approve exactly what is shown. On a terminal it shows the subject and asks; elsewhere --digest is needed.',
      (context, [id = ''], flags) => decide(context, id, 'approve', flags),
      (command) =>
        command
          .addOption(gateOption())
          .option('--digest <digest>', 'of what you were shown', digestArgument)
          .option('-m, --message <text>', 'a remark')
          .option('--wait <seconds>', 'wait for a pending decision to arrive', wholeNumber(0, 3_600)),
    ),
    against('reject', 'Refuse it: the request ends.'),
    against('request-changes', 'Send it back with what should be different.'),
  ];
}
