import { GATES } from '@countersign/domain';
import { type Command, Option } from 'commander';

import type { Commands, Context } from '../context.js';
import { shortDigest } from '../digest-form.js';
import { escapeText } from '../escape-text.js';
import { wholeNumber } from './request.commands.js';

export type Document = {
  readonly kind: string;
  readonly digest: string | null;
  readonly revision: number | null;
  readonly data: unknown;
  readonly text: string;
  readonly truncated: boolean;
  readonly artifact: { readonly sha256: string } | null;
  readonly author: string | null;
};
export type Subject = { readonly gate: string; readonly revision: number; readonly digest: string; readonly text: string };

const DOCUMENT = `query ($id: ID!, $kind: DocumentKind!, $revision: Int) { document(id: $id, kind: $kind, revision: $revision, maxBytes: 4000000) {
  kind digest revision data text truncated artifact { sha256 } author } }`;
const SUBJECT = 'query ($id: ID!, $gate: Gate!, $revision: Int) { subject(id: $id, gate: $gate, revision: $revision) { gate revision digest text } }';

const DESCRIPTIONS = {
  spec: 'The specification.',
  plan: 'The plan: steps, files, commands, checks.',
  diff: 'The change as a plain patch.',
  checks: 'What the checks said.',
} as const;

/** The whole document: one that is cut is completed from its artifact. */
export async function readDocument({ gateway }: Context, id: string, kind: string, revision?: number): Promise<Document> {
  const { document } = await gateway.run<{ document: Document }>(DOCUMENT, { id, kind, revision: revision ?? null });
  if (!document.truncated || !document.artifact || kind !== 'diff') return document;
  return { ...document, text: await gateway.download(document.artifact.sha256), truncated: false };
}

export async function readSubject({ gateway }: Context, id: string, gate: string, revision?: number): Promise<Subject> {
  return (await gateway.run<{ subject: Subject }>(SUBJECT, { id, gate, revision: revision ?? null })).subject;
}

async function print(context: Context, id: string, kind: keyof typeof DESCRIPTIONS): Promise<void> {
  const { io, printer } = context;
  const document = await readDocument(context, id, kind);
  const { digest, revision, author } = document;
  // A patch that goes into a file or a pipe keeps its exact bytes.
  printer.answer(document, () => (kind === 'diff' && !io.stdout.isTty ? document.text : `${escapeText(document.text)}\n`));
  if (digest && !printer.isJson) printer.note(`${kind} revision ${revision ?? '–'}, digest ${shortDigest(digest)} (${digest}), by ${author ?? 'unknown'}`);
}

export const gateOption = (): Option => new Option('--gate <gate>', 'which gate').choices([...GATES]).makeOptionMandatory();

export function documentCommands(commands: Commands): Command[] {
  const kinds = Object.entries(DESCRIPTIONS) as [keyof typeof DESCRIPTIONS, string][];
  return [
    ...kinds.map(([kind, description]) => commands.make(`${kind} <id>`, description, (context, [id = '']) => print(context, id, kind))),
    commands.make<{ gate: string; revision?: number }>(
      'subject <id>',
      "The exact bytes of what is approved at a gate; their SHA-256 is the digest.",
      async (context, [id = ''], { gate, revision }) => {
        const subject = await readSubject(context, id, gate, revision);
        context.printer.answer(subject, () => subject.text);
      },
      (command) => command.addOption(gateOption()).option('--revision <n>', 'default: the newest', wholeNumber(1, 1_000_000)),
    ),
  ];
}
