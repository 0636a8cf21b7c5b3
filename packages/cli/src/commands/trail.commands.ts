import type { Command } from 'commander';

import type { Commands, Context } from '../context.js';
import { isOutdatedEntry, placeWords, signatureState, signatureWords } from '../decision-words.js';
import { escapeText } from '../escape-text.js';
import { renderTable } from '../table.js';
import { followLog, LOG, type LogPiece } from './live.commands.js';
import { wholeNumber } from './request.commands.js';

type Entry = {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly actor: string | null;
  readonly text: string;
  readonly entry: string;
  readonly document: string | null;
  readonly signature: string | null;
  readonly place: { readonly origin: string; readonly index: number } | null;
};

type LogFlags = { after: number; follow?: boolean };

const AUDIT = `query ($id: ID!, $after: String) { request(id: $id) { gates { name revision } } audit(id: $id, first: 100, after: $after) {
  edges { node { seq at type actor text entry document signature place { origin index } } } pageInfo { hasNextPage endCursor } } }`;

/** What is there now; `next` is the offset to go on from. */
async function logs(context: Context, [id = '']: readonly string[], { after, follow }: LogFlags): Promise<void> {
  if (follow) return followLog(context, id, after);
  const { gateway, printer } = context;
  const texts: string[] = [];
  let next = after;
  let isEnded = false;
  for (let hasMore = true; hasMore; ) {
    const { log } = await gateway.run<{ log: LogPiece }>(LOG, { id, after: next });
    texts.push(log.text);
    hasMore = log.next > next && !log.ended;
    isEnded = log.ended;
    next = log.next;
  }
  const text = texts.join('');
  printer.answer({ text, next, ended: isEnded }, () => escapeText(text));
  if (!printer.isJson && !isEnded) printer.note(`More later with --after ${next}, or --follow`);
  return undefined;
}

type Page = {
  readonly request: { readonly gates: readonly { readonly name: string; readonly revision: number }[] };
  readonly audit: { readonly edges: readonly { readonly node: Entry }[]; readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null } };
};

/** Short enough for a cell: the code in place of its words, the log's number in place of its origin. */
const signatureCell = (entry: Entry): string => (signatureState(entry) === 'bad' ? `does not count (${entry.signature ?? ''})` : signatureWords(entry));
const placeCell = ({ place }: Entry): string => placeWords(place && { ...place, origin: `log ${place.origin.split('/').at(-1) ?? ''}` });

async function audit({ gateway, printer }: Context, [id]: readonly string[]): Promise<void> {
  const items: Entry[] = [];
  let gates: Page['request']['gates'] = [];
  let after: string | null = null;
  do {
    const page: Page = await gateway.run<Page>(AUDIT, { id, after });
    gates = page.request.gates;
    items.push(...page.audit.edges.map(({ node }) => node));
    after = page.audit.pageInfo.hasNextPage ? page.audit.pageInfo.endCursor : null;
  } while (after !== null);
  printer.answer({ items }, () => renderTable(
    ['when', 'what', 'who', 'signature', 'in the log', 'text'],
    items.map((entry) => [entry.at, entry.type, entry.actor, signatureCell(entry), placeCell(entry), `${entry.text}${isOutdatedEntry(entry, gates) ? ' (outdated)' : ''}`]),
  ));
}

export function showAuditCommand(commands: Commands): Command {
  return commands.make('show <id>', 'Every recorded act on a request. `audit <id>` does the same.', audit);
}

export function trailCommands(commands: Commands): Command[] {
  return [
    commands.make<LogFlags>('logs <id>', 'What the agent and the checks wrote. Followed, `--json` prints one line of JSON for each piece.', logs, (command) =>
      command.option('-f, --follow', 'go on until the request has ended; Ctrl-C ends it too').option('--after <offset>', 'go on from this byte', wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)),
  ];
}
