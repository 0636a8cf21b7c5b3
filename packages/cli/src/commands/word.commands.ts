import { type Command, InvalidArgumentError } from 'commander';

import { exitCodeOf, usage } from '../cli-error.js';
import type { Commands, Context } from '../context.js';
import { shortDigest } from '../digest-form.js';
import { digestArgument } from './decision.commands.js';

type Result = { readonly outcome: string; readonly code: string | null; readonly message: string | null; readonly state: string; readonly paused: boolean };
type Limits = { readonly tokens: number | null; readonly costMicros: number | null; readonly wallClockMs: number | null; readonly attempts: number };
type BudgetFlags = { tokens?: number | null; costMicros?: number | null; wallClockMs?: number | null; attempts?: number; digest?: string; dryRun?: boolean };

const BUDGET_SUBJECT = `query ($id: ID!, $limits: BudgetLimitsPatch!) { budgetSubject(id: $id, limits: $limits) {
  digest text limits { tokens costMicros wallClockMs attempts } } }`;

async function say(context: Context, field: string, type: string, input: object): Promise<void> {
  const document = `mutation ($input: ${type}!) { ${field}(input: $input) { outcome code message state paused } }`;
  const result = (await context.gateway.run<Record<string, Result>>(document, { input }))[field] as Result;
  const { outcome, code, state, paused } = result;
  context.printer.answer({ state, paused, outcome, ...(code === null ? {} : { code }) }, () => `${outcome}; the request is in ${state}${paused ? ', paused' : ''}\n`);
  if (outcome !== 'refused') return;
  context.printer.note(`${code ?? 'refused'}: ${result.message ?? 'nothing changed'}`);
  context.exitCode = exitCodeOf(code);
}

function limit(text: string): number | null {
  if (text === 'none') return null;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Say a whole number from 1, or none for no limit.');
  return value;
}

function attemptsLimit(text: string): number {
  const value = limit(text);
  if (value === null || value > 100) throw new InvalidArgumentError('Say a whole number from 1 to 100.');
  return value;
}

async function budget(context: Context, [id = '']: readonly string[], { digest, dryRun, ...flags }: BudgetFlags): Promise<void> {
  const { tokens, costMicros, wallClockMs, attempts } = flags;
  const limits = Object.fromEntries(Object.entries({ tokens, costMicros, wallClockMs, attempts }).filter(([, value]) => value !== undefined));
  if (Object.keys(limits).length === 0) throw usage('Name at least one limit to raise', 'limits');
  if (!dryRun && digest === undefined) throw usage('budget needs --digest: --dry-run prints it', 'digest');
  type Subject = { budgetSubject: { digest: string; text: string; limits: Limits } };
  const { budgetSubject } = await context.gateway.run<Subject>(BUDGET_SUBJECT, { id, limits });
  if (!dryRun) return say(context, 'raiseBudget', 'RaiseBudgetInput', { id, limits: budgetSubject.limits, digest });
  const { digest: shown, text } = budgetSubject;
  context.printer.answer(budgetSubject, () => `${text}\n\ndigest ${shortDigest(shown)}\n  ${shown}\n`);
}

const message = (command: Command): Command => command.requiredOption('-m, --message <text>', 'why');

export function wordCommands(commands: Commands): Command[] {
  return [
    commands.make<{ message: string }>('cancel <id>', 'End a request and undo what it left.', (context, [id], { message: reason }) =>
      say(context, 'cancelRequest', 'RequestReasonInput', { id, reason }), message),
    commands.make('pause <id>', 'Hold it where it stands; deadlines wait too.', (context, [id]) => say(context, 'pauseRequest', 'RequestReasonInput', { id })),
    commands.make('resume <id>', 'Go on.', (context, [id]) => say(context, 'resumeRequest', 'RequestReasonInput', { id })),
    commands.make<BudgetFlags>('budget <id>', "Raise a request's limits: a decision of its own, never on one's own request.", budget, (command) =>
      command
        .option('--attempts <n>', 'attempts in all', attemptsLimit)
        .option('--tokens <n>', 'tokens in all, or none', limit)
        .option('--cost-micros <n>', 'money in millionths, or none', limit)
        .option('--wall-clock-ms <n>', 'milliseconds of work, or none', limit)
        .option('--digest <digest>', 'of the raise that you were shown', digestArgument)
        .option('--dry-run', 'print the raise and its digest; change nothing')),
    commands.make<{ message: string }>('comment <id>', 'Say something on the request.', (context, [id], { message: text }) =>
      say(context, 'comment', 'CommentInput', { id, text }), (command) => command.requiredOption('-m, --message <text>', 'what')),
    commands.make('repair <id>', 'Let a superseded run go on (admin).', async ({ gateway, printer }, [id]) => {
      const { repairRequest } = await gateway.run<{ repairRequest: { state: string; paused: boolean } }>('mutation ($id: ID!) { repairRequest(id: $id) { state paused } }', { id });
      printer.answer(repairRequest, () => `The request is in ${repairRequest.state}\n`);
    }),
  ];
}
