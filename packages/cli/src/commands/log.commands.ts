import { Command } from 'commander';

import { usage } from '../cli-error.js';
import type { Commands, Context } from '../context.js';
import { escapeLine, escapeText } from '../escape-text.js';
import { renderFields } from '../table.js';

type Fault = { readonly index: number | null; readonly code: string; readonly text: string; readonly at: string };
type Status = { readonly origin: string | null; readonly size: number; readonly at: string | null; readonly checkpoint: string | null; readonly broken: Fault | null };
type Recovered = { readonly origin: string; readonly lost: number; readonly entered: number };

const STATUS = '{ logStatus { origin size at checkpoint broken { index code text at } } }';
const RECOVER = 'mutation { recoverLog { origin lost entered } }';

function renderStatus({ origin, size, at, checkpoint, broken }: Status): string {
  const state = broken ? `broken since ${broken.at}: ${broken.code}` : 'in order';
  const fields = renderFields([['state', state], ['entries', size], ['checkpoint', at]]);
  const fault = broken ? `${broken.index === null ? '' : `Entry ${broken.index}: `}${broken.text}\n` : '';
  return `Log ${escapeLine(origin ?? 'without an entry yet')}\n${fields}${escapeText(fault)}${checkpoint === null ? '' : `\n${escapeText(checkpoint)}`}`;
}

async function status({ gateway, printer }: Context): Promise<void> {
  const { logStatus } = await gateway.run<{ logStatus: Status }>(STATUS);
  printer.answer(logStatus, () => renderStatus(logStatus));
  if (logStatus.broken) printer.note('Nothing is pushed or merged until an admin runs `log recover`.');
}

async function recover({ gateway, printer }: Context, _: readonly string[], { yes }: { yes?: boolean }): Promise<void> {
  if (!yes) throw usage('log recover closes the log for good and opens the next one; entries that were changed or removed are void. Look at `log status` first, then say --yes', 'yes');
  const { recoverLog } = await gateway.run<{ recoverLog: Recovered }>(RECOVER);
  printer.answer(recoverLog, () => `Log ${escapeLine(recoverLog.origin)} is open.\n${renderFields([['entered again', recoverLog.entered], ['lost', recoverLog.lost]])}`);
}

export function logCommand(commands: Commands): Command {
  return new Command('log').description('The transparency log. What the agent wrote is `logs`.')
    .addCommand(commands.make('status', 'How long the log is, whether it is in order, and its last checkpoint.', status))
    .addCommand(commands.make<{ yes?: boolean }>('recover', 'Close a broken log and open the next one, which begins with the last good checkpoint (admin).', recover, (command) =>
      command.option('--yes', 'really')));
}
