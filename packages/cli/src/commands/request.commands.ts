import { readFile } from 'node:fs/promises';

import { isTerminal, STATES, type State } from '@countersign/domain';
import { Command, InvalidArgumentError, Option } from 'commander';

import { readState } from '../addresses.js';
import { usage } from '../cli-error.js';
import type { Commands, Context } from '../context.js';
import { checkoutCommands } from '../git-checkout.js';
import { renderFields } from '../table.js';
import { watchRequest } from './live.commands.js';
import { DETAIL, type Detail, type Item, ITEM_FIELDS, renderDetail, renderItems, toDocument } from './request-view.js';

type CreateFlags = { project: string; title: string; body?: string; bodyFile?: string };
type ListFlags = { state?: State; needsMe?: boolean; limit: number; after?: string };
type WatchFlags = { until?: State[] };
type WaitFlags = { for: State[]; timeout: number };

const CREATE = 'mutation ($input: CreateRequestInput!) { createRequest(input: $input) { id state } }';
const LIST = `query ($box: Box, $state: State, $first: Int!, $after: String) { requests(box: $box, state: $state, first: $first, after: $after) {
  edges { node { ${ITEM_FIELDS} } } pageInfo { hasNextPage endCursor } } }`;
const STATE = 'query ($id: ID!) { request(id: $id) { id state } }';

const FIRST_POLL_MS = 250;
const LAST_POLL_MS = 2_000;

async function bodyOf({ body, bodyFile }: CreateFlags, { io }: Context): Promise<string> {
  if (body !== undefined && bodyFile !== undefined) throw usage('Say --body or --body-file, not both', 'body');
  if (bodyFile === undefined) return body ?? '';
  if (bodyFile === '-') return io.readStdin();
  return readFile(bodyFile, 'utf8').catch(() => {
    throw usage(`--body-file: ${bodyFile} cannot be read`, 'body-file');
  });
}

async function create(context: Context, _: readonly string[], flags: CreateFlags): Promise<void> {
  const { gateway, io, printer } = context;
  const input = { project: flags.project, title: flags.title, body: await bodyOf(flags, context) };
  const { createRequest } = await gateway.run<{ createRequest: { id: string; state: string } }>(CREATE, { input });
  const console = (await readState(io))?.addresses['console'];
  const made = { id: createRequest.id, state: createRequest.state, url: console ? `${console}/requests/${createRequest.id}` : null };
  printer.answer(made, () => renderFields([['id', made.id], ['state', made.state], ['page', made.url]]));
}

async function list({ gateway, printer }: Context, _: readonly string[], { state, needsMe, limit, after }: ListFlags): Promise<void> {
  const variables = { state: state ?? null, box: needsMe ? 'needsMe' : null, first: limit, after: after ?? null };
  type Page = { requests: { edges: { node: Item }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } };
  const { requests } = await gateway.run<Page>(LIST, variables);
  const items = requests.edges.map(({ node }) => node);
  const next = requests.pageInfo.hasNextPage ? requests.pageInfo.endCursor : null;
  printer.answer({ items, next }, () => renderItems(items));
  if (next && !printer.isJson) printer.note(`More with --after ${next}`);
}

async function show(context: Context, [id]: readonly string[]): Promise<void> {
  const { gateway, printer } = context;
  const { request } = await gateway.run<{ request: Detail }>(DETAIL, { id });
  const checkout = await checkoutCommands(context, request);
  const commands = checkout.length === 0 ? '' : `\nTo have it in a clone of yours:\n${checkout.map((line) => `  ${line}\n`).join('')}`;
  printer.answer({ ...toDocument(request), checkout }, () => renderDetail(request) + commands);
}

async function wait(context: Context, [id]: readonly string[], { for: wanted, timeout }: WaitFlags): Promise<void> {
  const { gateway, io, printer } = context;
  const until = io.now() + timeout * 1000;
  let pollMs = FIRST_POLL_MS;
  for (;;) {
    const { request } = await gateway.run<{ request: { id: string; state: State } }>(STATE, { id });
    const isThere = wanted.includes(request.state);
    const isOver = isTerminal(request.state);
    if (isThere || isOver || io.now() + pollMs > until) {
      printer.answer({ id: request.id, state: request.state }, () => `${request.state}\n`);
      if (!isThere) printer.note(isOver ? `It ended as ${request.state}.` : `Still ${request.state} after ${timeout} s.`);
      if (!isThere) context.exitCode = isOver ? 4 : 6;
      return;
    }
    await io.sleep(pollMs);
    pollMs = Math.min(LAST_POLL_MS, Math.round(pollMs * 1.5));
  }
}

export function wholeNumber(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < min || value > max) throw new InvalidArgumentError(`Say a whole number from ${min} to ${max}.`);
    return value;
  };
}

function statesOf(text: string): State[] {
  const named = text.split(',').map((state) => state.trim());
  const isState = (state: string): state is State => (STATES as readonly string[]).includes(state);
  if (!named.every(isState)) throw new InvalidArgumentError(`States are ${STATES.join(', ')}.`);
  return named;
}

export function requestCommands(commands: Commands): Command[] {
  return [
    new Command('request').description('Change requests.')
      .addCommand(commands.make<CreateFlags>('create', 'Ask for a change in plain words.', create, (command) =>
        command
          .requiredOption('--project <name>', 'where')
          .requiredOption('--title <text>', 'what, on one line')
          .option('--body <text>', 'the whole wish')
          .option('--body-file <file>', 'the whole wish from a file; - is stdin')))
      .addCommand(commands.make<ListFlags>('list', 'Requests, newest first.', list, (command) =>
        command
          .addOption(new Option('--state <state>', 'only in this state').choices([...STATES]))
          .option('--needs-me', 'only those that wait for my decision')
          .option('--limit <n>', 'how many', wholeNumber(1, 100), 20)
          .option('--after <cursor>', 'go on behind this place')))
      .addCommand(commands.make('show <id>', 'Everything about one request.', show))
      .addCommand(commands.make<WaitFlags>('wait <id>', 'Wait until it reaches a state. Exit code 6: not in time; 4: it ended elsewhere.', wait, (command) =>
        command
          .requiredOption('--for <states>', 'one or more, separated by commas', statesOf)
          .option('--timeout <seconds>', 'how long', wholeNumber(0, 86_400), 300)))
      .addCommand(commands.make<WatchFlags>(
        'watch <id>',
        'Print each change on a line of its own, as JSON with `--json`, until the request has ended. Exit code 4: it ended before `--until`.',
        (context, [id = ''], { until = [] }) => watchRequest(context, id, until),
        (command) => command.option('--until <states>', 'end at one of these already', statesOf),
      )),
  ];
}
