import type { Command } from 'commander';

import { addressOf } from '../addresses.js';
import type { Commands, Context } from '../context.js';

/** git's credential protocol: one `key=value` a line. */
function attributesOf(text: string): ReadonlyMap<string, string> {
  return new Map(text.split('\n').filter((line) => line.includes('=')).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** Tells the token to git, for our gateway alone. What git asks to store or to erase is not kept here. */
async function credential({ io, gateway }: Context, [operation]: readonly string[]): Promise<void> {
  const asked = attributesOf(await io.readStdin());
  if (operation !== 'get') return;
  const { protocol, host } = new URL(await addressOf('gateway', io));
  if (`${asked.get('protocol')}:` !== protocol || asked.get('host') !== host) return;
  try {
    io.stdout.write(`username=countersign\npassword=${await gateway.token()}\n`);
  } catch (error) {
    // Else git would ask the person for a password that nobody has.
    io.stdout.write('quit=1\n');
    throw error;
  }
}

export function gitCommands(commands: Commands): Command[] {
  return [
    commands.make(
      'git-credential <operation>',
      "Credential helper for git: tells it the profile's access token for the gateway, refreshed when needed. `request show` prints how to clone with it.",
      credential,
    ),
  ];
}
