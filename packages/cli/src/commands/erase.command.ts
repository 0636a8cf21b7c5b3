import type { Command } from 'commander';

import { usage } from '../cli-error.js';
import type { Commands, Context } from '../context.js';

type Erasure = { readonly person: string; readonly payloads: number; readonly texts: number; readonly notErased: readonly string[] };
type Flags = { person: string; yes?: boolean };

const ERASE = 'mutation ($input: PersonInput!) { erasePerson(input: $input) { person payloads texts notErased } }';
const UNDONE = 'erase removes for good who this person was and what they said: names, reasons, comments. Names in merge commits and artifacts are not erased. Say --yes';

async function erase({ gateway, printer }: Context, _: readonly string[], { person, yes }: Flags): Promise<void> {
  if (!yes) throw usage(UNDONE, 'yes');
  const { erasePerson } = await gateway.run<{ erasePerson: Erasure }>(ERASE, { input: { person } });
  const { payloads, texts, notErased } = erasePerson;
  const did = payloads + texts === 0 ? `Nothing of ${erasePerson.person} was left to erase.` : `Erased ${payloads} payloads and ${texts} texts of ${erasePerson.person}. The log still holds; \`verify\` reports the payloads as erased.`;
  printer.answer(erasePerson, () => `${[did, ...notErased].join('\n')}\n`);
}

export function eraseCommand(commands: Commands): Command {
  return commands.make<Flags>(
    'erase',
    'Erase who a person was and what they said, for good (admin). Suspend them first; refused while a request that has not ended is theirs or rests on a vote of theirs. Names in merge commits and artifacts are not erased.',
    erase,
    (command) => command.requiredOption('--person <name>', 'whom, by sign-in name or id').option('--yes', 'really'),
  );
}
