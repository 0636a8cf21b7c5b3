import type { Command } from 'commander';

import type { Commands, Context } from '../context.js';
import { escapeText } from '../escape-text.js';
import { renderTable } from '../table.js';
import { wholeNumber } from './request.commands.js';

type Piece = { readonly text: string; readonly next: number; readonly ended: boolean };
type Entry = { readonly seq: number; readonly at: string; readonly type: string; readonly actor: string | null; readonly text: string; readonly entry: string };

const LOG = 'query ($id: ID!, $after: SafeInt) { log(id: $id, after: $after) { text next ended } }';
const AUDIT = `query ($id: ID!, $after: String) { audit(id: $id, first: 100, after: $after) {
  edges { node { seq at type actor text entry } } pageInfo { hasNextPage endCursor } } }`;

/** What is there now; `next` is the offset to go on from. */
async function logs({ gateway, printer }: Context, [id]: readonly string[], { after }: { after: number }): Promise<void> {
  const texts: string[] = [];
  let next = after;
  let isEnded = false;
  for (let hasMore = true; hasMore; ) {
    const { log } = await gateway.run<{ log: Piece }>(LOG, { id, after: next });
    texts.push(log.text);
    hasMore = log.next > next && !log.ended;
    isEnded = log.ended;
    next = log.next;
  }
  const text = texts.join('');
  printer.answer({ text, next, ended: isEnded }, () => escapeText(text));
  if (!printer.isJson && !isEnded) printer.note(`More later with --after ${next}`);
}

async function audit({ gateway, printer }: Context, [id]: readonly string[]): Promise<void> {
  const items: Entry[] = [];
  let after: string | null = null;
  do {
    type Page = { audit: { edges: { node: Entry }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } };
    const page: Page = await gateway.run<Page>(AUDIT, { id, after });
    items.push(...page.audit.edges.map(({ node }) => node));
    after = page.audit.pageInfo.hasNextPage ? page.audit.pageInfo.endCursor : null;
  } while (after !== null);
  printer.answer({ items }, () => renderTable(['when', 'what', 'who', 'text'], items.map(({ at, type, actor, text }) => [at, type, actor, text])));
}

export function trailCommands(commands: Commands): Command[] {
  return [
    commands.make<{ after: number }>('logs <id>', 'What the agent and the checks wrote.', logs, (command) =>
      command.option('--after <offset>', 'go on from this byte', wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)),
    commands.make('audit <id>', 'Every recorded act on a request.', audit),
  ];
}
