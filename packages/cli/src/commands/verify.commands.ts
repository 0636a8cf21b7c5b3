import { AppError } from '@countersign/domain';
import { canonicalText, sha256Hex } from '@countersign/domain/digest';
import { type BundleVerdict, readKeyList, readRootKey, verdictText, verifyBundle, VerifyFault } from '@countersign/verify';
import type { Command } from 'commander';

import { usage } from '../cli-error.js';
import type { Commands, Context } from '../context.js';
import { escapeLine } from '../escape-text.js';
import { readInput } from '../input-file.js';
import { isSameRoot, PinnedRootFile } from '../pinned-root.js';

type VerifyFlags = { root?: string; checkpoint?: string };
/** What a bundle is judged by: nothing, a root, or a root with the number of the newest list that was seen. */
type Judge = { readonly root?: Uint8Array; readonly number?: number };

async function rootGiven(file: string): Promise<Uint8Array> {
  const text = await readInput(file, 'root');
  try {
    return readRootKey(text);
  } catch (error) {
    throw error instanceof VerifyFault ? usage(`--root: ${error.message}`, 'root') : error;
  }
}

/** A root that was named is the only judge; known numbers of lists count where it is the pinned one. */
async function judgeOf(pins: PinnedRootFile, file: string | undefined): Promise<Judge> {
  const pinned = await pins.read();
  if (file === undefined) return pinned ?? {};
  const root = await rootGiven(file);
  return pinned && isSameRoot(pinned.root, root) ? pinned : { root };
}

/** The bundle's text may say anything, also line breaks that look like lines of ours. */
function escaped<Value>(value: Value): Value {
  if (typeof value === 'string') return escapeLine(value) as Value;
  if (Array.isArray(value)) return value.map((item: unknown) => escaped(item)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]: [string, unknown]) => [name, escaped(member)])) as Value;
}

/** An older list of keys is refused from now on. */
async function remember(pins: PinnedRootFile, text: string, { root, number }: Judge): Promise<void> {
  const envelope = (JSON.parse(text) as { keys: string[] }).keys.at(-1);
  if (root === undefined || number === undefined || envelope === undefined) return;
  const newest = readKeyList(envelope, root).number;
  if (newest > number) await pins.raise(root, newest);
}

async function verify(context: Context, [file = '']: readonly string[], flags: VerifyFlags): Promise<void> {
  const pins = new PinnedRootFile(context.io);
  const judge = await judgeOf(pins, flags.root);
  const text = await readInput(file, 'bundle');
  const verdict: BundleVerdict = verifyBundle(text, {
    ...(judge.root && { root: judge.root }),
    ...(judge.number !== undefined && { minNumber: judge.number }),
    ...(flags.checkpoint !== undefined && { earlierCheckpoint: await readInput(flags.checkpoint, 'checkpoint') }),
  });
  context.printer.answer(verdict, () => verdictText(escaped(verdict)));
  context.exitCode = verdict.exitCode;
  if (verdict.exitCode !== 0) return;
  await remember(pins, text, judge).catch(() => context.printer.note('The number of its list of keys could not be kept: an older list would pass next time.'));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw usage('file: is not JSON', 'file');
  }
}

function canonical(value: unknown): string {
  try {
    return canonicalText(value);
  } catch (error) {
    throw error instanceof AppError ? usage(`file: has no digest: ${error.message}`, 'file') : error;
  }
}

async function digest({ io, printer }: Context, [file = '']: readonly string[]): Promise<void> {
  const text = file === '-' ? await io.readStdin() : await readInput(file, 'file');
  const bytes = canonical(parsed(text));
  const isCanonical = bytes === text;
  const sha256 = sha256Hex(bytes);
  printer.answer({ digest: sha256, canonical: isCanonical }, () => `${sha256}\n`);
  if (!isCanonical) printer.note('The file itself is not in canonical form (RFC 8785): this is the digest of its canonical form, and another than `sha256sum` gives.');
}

export function verifyCommands(commands: Commands): Command[] {
  return [
    commands.make<VerifyFlags>(
      'verify <bundle>',
      'Check a bundle of `audit export`, offline. Exit code 0: it holds under the pinned root key. 7: it is consistent, but only with its own keys, which anybody can make. 8: it does not hold, and the first thing that does not is named. 2: a file cannot be read.',
      verify,
      (command) =>
        command
          .option('--root <file>', 'the root key: PEM or one line of base64; default: the one of `keys pin`')
          .option('--checkpoint <file>', 'an earlier checkpoint that you kept; without one it is not ruled out that the log was cut short or rewritten before the export'),
    ),
    commands.make('digest <file>', "The digest of a subject document: SHA-256 of its canonical JSON (RFC 8785). `-` is stdin.", digest),
  ];
}
