import { Argument, Command, InvalidArgumentError, Option } from 'commander';

import { usage } from '../cli-error.js';
import type { Commands, Context } from '../context.js';
import { escapeLine } from '../escape-text.js';
import { readInput } from '../input-file.js';
import { requireFree, writeOutput } from '../output-file.js';
import { fingerprintOf, PinnedRootFile } from '../pinned-root.js';
import { openKeyList, renderKeyList } from './key-list-view.js';
import { rootKeyCommands } from './root-key.commands.js';

type KeysChange = { readonly outcome: 'published' | 'toSign'; readonly number: number; readonly envelope: string | null; readonly document: string | null };
type ChangeFlags = { output?: string };
type RevokeFlags = ChangeFlags & { reason: 'superseded' | 'compromised'; good?: GoodSize[] };
type GoodSize = { readonly origin: string; readonly size: number };

const CHANGE = '{ outcome number envelope document }';
const ROTATE = `mutation ($purpose: KeyPurpose!) { rotateKey(purpose: $purpose) ${CHANGE} }`;
const REVOKE = `mutation ($id: ID!, $reason: RevocationReason!, $good: [GoodSizeInput!]) { revokeKey(id: $id, reason: $reason, good: $good) ${CHANGE} }`;
const PUBLISH = `mutation ($envelope: String!) { publishKeys(envelope: $envelope) ${CHANGE} }`;
const KEYS = '{ signingKeys { envelope } }';

const NOT_PINNED = 'Root not pinned: anybody could have made this list. Pin the root key with `keys pin`.';

async function list({ gateway, io, printer }: Context): Promise<void> {
  const { signingKeys } = await gateway.run<{ signingKeys: { envelope: string } }>(KEYS);
  const pinned = await new PinnedRootFile(io).read();
  const keys = openKeyList(signingKeys.envelope, pinned);
  const shown = { number: keys.number, at: keys.at, rootFingerprint: fingerprintOf(Buffer.from(keys.root, 'base64')), pinned: pinned !== undefined, keys: keys.keys };
  printer.answer(shown, () => `${renderKeyList(keys)}${pinned ? 'Verified under the pinned root key.' : NOT_PINNED}\n`);
}

/** What a change came to; a list that waits for its signature goes into the file. */
async function tell({ printer }: Context, { outcome, number, envelope, document }: KeysChange, output?: string): Promise<void> {
  if (outcome === 'published') {
    printer.answer({ outcome, number, envelope }, () => `Key list ${number} is published and in force.\n`);
    return;
  }
  if (output !== undefined) await writeOutput(output, `${document}\n`);
  printer.answer({ outcome, number, document, file: output ?? null }, () => (output === undefined ? `${document}\n` : `${escapeLine(output)} holds key list ${number}, not signed yet.\n`));
  printer.note(`Nothing has changed yet: the root key is kept elsewhere. Sign the ${output === undefined ? 'printed document' : 'file'} there with \`keys sign\`, and bring the envelope back with \`keys publish\`.`);
}

async function rotate(context: Context, [purpose]: readonly string[], { output }: ChangeFlags): Promise<void> {
  if (output !== undefined) await requireFree(output, 'output');
  await tell(context, (await context.gateway.run<{ rotateKey: KeysChange }>(ROTATE, { purpose })).rotateKey, output);
}

async function revoke(context: Context, [id]: readonly string[], { reason, good = [], output }: RevokeFlags): Promise<void> {
  if (reason === 'superseded' && good.length > 0) throw usage('--good: only with --reason compromised; what a superseded key signed stays good', 'good');
  if (new Set(good.map(({ origin }) => origin)).size < good.length) throw usage('--good: names a log twice', 'good');
  if (output !== undefined) await requireFree(output, 'output');
  await tell(context, (await context.gateway.run<{ revokeKey: KeysChange }>(REVOKE, { id, reason, good })).revokeKey, output);
}

async function publish(context: Context, [file = '']: readonly string[]): Promise<void> {
  const envelope = (await readInput(file, 'envelope')).replace(/\n$/, '');
  await tell(context, (await context.gateway.run<{ publishKeys: KeysChange }>(PUBLISH, { envelope })).publishKeys);
}

function goodSize(text: string, before: GoodSize[] = []): GoodSize[] {
  const [, origin = '', digits] = /^(.+)=(\d{1,15})$/.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError('Say the origin of a log and a size, like countersign.example/log/<tenant>/1=1200: both stand in a checkpoint that you kept.');
  return [...before, { origin, size: Number(digits) }];
}

const withOutput = (command: Command): Command => command.option('-o, --output <file>', 'where the list goes if it has still to be signed, because the root key is kept elsewhere');

export function keysCommand(commands: Commands): Command {
  const { sign, pin } = rootKeyCommands(commands);
  return new Command('keys').description('Signing keys (changes: admin).')
    .addCommand(commands.make('list', 'The newest list of keys, verified under the pinned root key where one is pinned.', list))
    .addCommand(commands.make<ChangeFlags>('rotate', 'Make a new key. The old one signs nothing more; what it signed stays good.', rotate, (command) =>
      withOutput(command.addArgument(new Argument('<purpose>').choices(['decision', 'log'])))))
    .addCommand(commands.make<RevokeFlags>(
      'revoke <id>',
      'Revoke a key. What a superseded key signed stays good; of a compromised key only what a log held up to a size that you know to be good. Put `--` before an id that begins with a dash, behind the options.',
      revoke,
      (command) =>
        withOutput(
          command
            .addOption(new Option('--reason <reason>', 'why').choices(['superseded', 'compromised']).makeOptionMandatory())
            .option('--good <origin=size>', 'origin and size of a checkpoint that was kept outside, once for each log; a log that is not named has size 0', goodSize),
        ),
    ))
    .addCommand(commands.make('publish <envelope>', 'Bring back a list that `keys sign` signed: it is in force from then on.', publish))
    .addCommand(sign)
    .addCommand(pin);
}
